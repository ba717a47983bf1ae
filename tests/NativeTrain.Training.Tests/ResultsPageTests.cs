using System.Net;
using System.Text.RegularExpressions;
using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The page of a run that never was: its files are written here.</summary>
public sealed partial class ResultsPageTests : IDisposable
{
    private const string Columns = "epoch,time,train/box_loss,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss,lr/pg0,lr/pg1,lr/pg2,amp/scale";
    private const string HostileClass = "<script>alert('cat & \"dog\"')</script>";

    private static readonly string[] Rows =
    [
        "1,10.25,1.51234,0.111,0.222,0.3331,0.14441,1.61,0.001,0.002,0.003,65536",
        "2,20.5,1.2,0.5,0.52,0.6123,0.41235,1.32,0.00095,0.00195,0.00295,65536",
        "3,3675.75,1.1,0.48,0.51,0.6011,0.40987,nan,0.0009,0.0019,0.0029,32768",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EveryNumberIsTheOneOfResultsCsv()
    {
        string page = Page();
        string table = Between(page, "All numbers of results.csv", "</table>");
        string[] cells = [.. Cell().Matches(table).Select(m => m.Groups[1].Value)];
        Assert.Equal(Rows.SelectMany(r => r.Split(',')), cells);

        // What the charts read out are the same cells.
        using var json = System.Text.Json.JsonDocument.Parse(Between(page, "id=\"results\">", "</script>"));
        foreach (var (column, i) in Columns.Split(',').Select((c, i) => (c, i)))
            Assert.Equal(Rows.Select(r => r.Split(',')[i]), json.RootElement.GetProperty(column).EnumerateArray().Select(v => v.GetString()));
    }

    [Fact]
    public void TheBestEpochStandsAtTheTop()
    {
        string top = Between(Page(), "Best epoch:", "</dl>");
        Assert.StartsWith(" 2<", top);
        Assert.Equal(["0.41235", "0.6123", "0.5", "0.52"], Value().Matches(top).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void FactsAreToldAndTheCommandRepeatsTheRun()
    {
        string page = Page();
        Assert.Contains("<dt>Epochs</dt><dd>3 of 10</dd>", page);
        Assert.Contains("<dt>Time</dt><dd>1 h 1 min</dd>", page);
        string command = WebUtility.HtmlDecode(Between(page, "<code>", "</code>"));
        Assert.Equal("""nativetrain train model=yolo11n.yaml data='my set/it'\''s.yaml' epochs=10 seed=7""", command);
    }

    [Fact]
    public void ThePageLoadsNothingFromAnywhere()
    {
        string page = Page();
        Assert.DoesNotMatch("https?:|src=\"(?!data:)|@import|url\\(|<link", page);
        Assert.Equal(3, Regex.Count(page, "src=\"data:image/"));
        Assert.Contains("data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(folder.File("labels.png"))), page);
    }

    [Fact]
    public void LargePicturesAreMadeSmaller()
    {
        string page = Page();
        Assert.True(new FileInfo(folder.File("train_batch0.jpg")).Length > 1_000_000);
        Assert.InRange(page.Length, 10_000, 1_500_000);
        Assert.Contains("width=\"1400\" height=\"700\"", page);
    }

    [Fact]
    public void NothingInTheFilesIsMarkup()
    {
        string page = Page(), encoded = WebUtility.HtmlEncode(HostileClass);
        Assert.DoesNotContain("<script>alert", page);
        Assert.Contains($"<th scope=\"row\">{encoded}</th>", page);
        Assert.Equal(2, Regex.Count(page, "<script"));
        Assert.Equal(2, Regex.Count(page, "</script"));
    }

    [Fact]
    public void FiguresOfClassesAreShown()
    {
        string classes = Between(Page(), "<section id=\"classes\">", "</section>");
        Assert.Contains("<td class=\"n\">12</td>", classes);
        Assert.Contains("<span>0.877</span>", classes);
        Assert.Contains("<td class=\"n\">–</td>", classes); // null: no number
    }

    [Fact]
    public void OneEpochWithoutArgumentsOrPicturesIsAPageToo()
    {
        File.WriteAllText(folder.File("results.csv"), Columns + "\n" + Rows[0] + "\n");
        string page = File.ReadAllText(ResultsPage.Write(folder.Path));
        Assert.Contains("id=\"curves\"", page);
        Assert.DoesNotContain("id=\"pictures\"", page);
        Assert.DoesNotContain("NaN", Between(page, "id=\"curves\"", "</section>"));
    }

    [Fact]
    public void ARunWithoutAnEpochIsAPageToo()
    {
        File.WriteAllText(folder.File("results.csv"), Columns + "\n");
        Assert.DoesNotContain("id=\"curves\"", File.ReadAllText(ResultsPage.Write(folder.Path)));
    }

    [Theory]
    [InlineData("results.csv", null, "no such file")]
    [InlineData("results.csv", "epoch,time\n1,2\n3\n", "results.csv:3")]
    [InlineData("results.csv", "", "results.csv")]
    [InlineData("metrics.json", "{", "metrics.json")]
    public void ABrokenFolderIsOneClearLine(string file, string? text, string message)
    {
        Fill();
        if (text is null) File.Delete(folder.File(file));
        else File.WriteAllText(folder.File(file), text);
        var e = Assert.Throws<InputException>(() => ResultsPage.Write(folder.Path));
        Assert.Contains(message, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private string Page()
    {
        Fill();
        return File.ReadAllText(ResultsPage.Write(folder.Path));
    }

    private void Fill()
    {
        File.WriteAllText(folder.File("results.csv"), Columns + "\n" + string.Concat(Rows.Select(r => r + "\n")));
        File.WriteAllText(folder.File("args.yaml"), "task: detect\nmode: train\nmodel: yolo11n.yaml\ndata: 'my set/it''s.yaml'\nepochs: 10\nbatch: 16\nseed: 7\nproject: null\n");
        string name = System.Text.Json.JsonEncodedText.Encode(HostileClass).Value;
        File.WriteAllText(folder.File("metrics.json"), $"{{\"images\": 3, \"classes\": {{\"{name}\": {{\"images\": 3, \"instances\": 12, \"P\": 0.877, \"R\": null}}}}}}");
        PictureFile.Write(folder.File("labels.png"), RgbImage.Filled(20, 30, 200));
        PictureFile.Write(folder.File("confusion_matrix.png"), RgbImage.Filled(20, 30, 100));
        PictureFile.Write(folder.File("results.png"), RgbImage.Filled(20, 30, 50)); // its curves are in the page already
        var noise = new RgbImage(1000, 2000);
        new Random(1).NextBytes(noise.Pixels);
        PictureFile.Write(folder.File("train_batch0.jpg"), noise);
    }

    private static string Between(string text, string from, string to)
    {
        int begin = text.IndexOf(from, StringComparison.Ordinal) + from.Length;
        return text[begin..text.IndexOf(to, begin, StringComparison.Ordinal)];
    }

    [GeneratedRegex("<td class=\"n\">([^<]*)</td>")]
    private static partial Regex Cell();

    [GeneratedRegex("<dd>([^<]*)</dd>")]
    private static partial Regex Value();
}
