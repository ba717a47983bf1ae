using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace NativeTrain.Vision.Data;

/// <summary>
/// Reads yaml that anyone may have written, and quotes text for yaml. The library builds its tree by recursion, so that a text nested deep enough
/// would end the process, and an alias can make a tree that holds itself; both are refused before the tree is built.
/// </summary>
internal static class YamlText
{
    /// <summary>A data set's description and a model's graph need four levels.</summary>
    private const int MaxDepth = 32;

    /// <summary>A description of 65536 classes with long names takes less.</summary>
    private const int MaxLength = 8_000_000;

    /// <summary>The first document's root; null where there is none.</summary>
    /// <exception cref="YamlException">The text is malformed, too long or nested too deep; its place is in the exception.</exception>
    public static YamlNode? Load(string text)
    {
        if (text.Length > MaxLength) throw new YamlException(Mark.Empty, Mark.Empty, $"{text.Length} characters are over the limit of {MaxLength}");
        Parser? parser = null;
        try
        {
            parser = new Parser(new StringReader(text));
            Check(parser);
            parser = new Parser(new StringReader(text));
            var stream = new YamlStream();
            stream.Load(parser);
            return stream.Documents.Count > 0 ? stream.Documents[0].RootNode : null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or NullReferenceException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The parser's own slips on malformed input; the last thing it understood tells where.
            var last = parser?.Current;
            throw new YamlException(last?.Start ?? new Mark(0, 1, 1), last?.Start ?? new Mark(0, 1, 1), "not understood", e);
        }
    }

    private static void Check(Parser parser)
    {
        int depth = 0;
        while (parser.MoveNext())
        {
            var e = parser.Current!;
            depth += e.NestingIncrease;
            if (depth > MaxDepth) throw new YamlException(e.Start, e.Start, $"nested more than {MaxDepth} deep");
            if (e is AnchorAlias) throw new YamlException(e.Start, e.Start, "an alias (*name) is not read here; write the value out");
        }
    }

    /// <summary>A text in single quotes, in which only the quote itself is special; line breaks become spaces.</summary>
    public static string Quoted(string text) => $"'{text.ReplaceLineEndings(" ").Replace("'", "''", StringComparison.Ordinal)}'";
}
