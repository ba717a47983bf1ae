using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>Results as lines of a table.</summary>
public static class GradCheckTable
{
    private const int Widest = 44;

    /// <summary>What stands above the rows.</summary>
    public static string Header { get; } = $"{"",-6}{"what",-Widest} {"type",-5}{"compared",9}{"unsure",7}  {"error",8} {"allowed",8}  {"analytic",11} {"numeric",11}  {"verdict",-8}worst at";

    /// <summary>One case, or all cases of one subject: the worst of them.</summary>
    public static string Row(IReadOnlyList<CaseResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var worst = results.OrderByDescending(r => !r.Passed).ThenByDescending(r => r.Worst is { } w ? w.Worst.Error / w.Tolerance : 0).First();
        string what = results.Count == 1 ? $"{worst.Subject}: {worst.Name}" : $"{worst.Subject}, {results.Count} cases";
        string kind = worst.Kind.ToString().ToLowerInvariant(), verdict = results.All(r => r.Passed) ? "passed" : "FAILED";
        int unsure = results.Sum(r => r.Count(Verdict.Undecided) + r.Count(Verdict.Kink));
        string row = $"{kind,-6}{(what.Length > Widest ? what[..(Widest - 1)] + "…" : what),-Widest} {worst.Type.Word(),-5}{results.Sum(r => r.Compared),9}{unsure,7}  ";
        if (worst.Worst is not { } input) return $"{row}{"",8} {"",8}  {"",11} {"",11}  {verdict}";
        var e = input.Worst;
        return $"{row}{Part(e.Error),8} {Part(input.Tolerance),8}  {e.Analytic,11:G5} {e.Numeric,11:G5}  {verdict,-8}{input.Place(e)}{(input.Uses > 1 ? ", used twice" : "")}";
    }

    /// <summary>Two digits and an exponent: "6.2e-8".</summary>
    private static string Part(double value) => value.ToString("0.0e-0");
}
