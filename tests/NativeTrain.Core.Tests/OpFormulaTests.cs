using System.Reflection;
using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>Every op that has a gradient says so in a formula, under the name that it has on the tape.</summary>
public sealed class OpFormulaTests
{
    /// <summary>The public static classes of Core/Ops that send a gradient back.</summary>
    public static TheoryData<Type> Ops =>
        [.. typeof(Silu).Assembly.GetExportedTypes().Where(t => t.Namespace == typeof(Silu).Namespace && t.GetMethod("Backward", BindingFlags.NonPublic | BindingFlags.Static) is not null)];

    [Theory, MemberData(nameof(Ops))]
    public void AnOpHasItsFormulaBesideItAndInTheList(Type op)
    {
        var formula = op.GetProperty("Formula")?.GetValue(null) as OpFormula;
        Assert.True(formula is not null, $"{op.Name} has no formula: write a property Formula beside its Forward and Backward");
        Assert.True(OpFormula.All.Contains(formula), $"{op.Name}.Formula is not in OpFormula.All");
        Assert.NotEmpty(formula.Forward);
        Assert.NotEmpty(formula.Backward);
        Assert.All(formula.Saves, s => Assert.NotEmpty(s.Why));
    }

    [Fact]
    public void NoTwoOpsShareAName() => Assert.Equal(OpFormula.All.Count, OpFormula.All.Select(f => f.Op).Distinct().Count());

    [Fact]
    public void ALevelOfAHeadIsKeptForTheReasonOfAll()
    {
        Assert.Equal(DetectionLoss.Formula.WhySaved("box"), DetectionLoss.Formula.WhySaved("box2"));
        Assert.Null(DetectionLoss.Formula.WhySaved("nothing"));
    }
}
