using System.Net;

namespace NativeTrain.Training;

/// <summary>Text in an HTML page.</summary>
internal static class Html
{
    /// <summary>A text as it stands in an element or in a quoted attribute: nothing in it is markup.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
