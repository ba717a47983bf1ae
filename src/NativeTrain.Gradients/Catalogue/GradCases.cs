using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>All cases there are, and those that a word asks for.</summary>
public static class GradCases
{
    private static readonly string[] Kinds = ["ops", "losses", "blocks", "models"];

    /// <summary>Ops and losses of Core, blocks, and the three tasks' smallest models.</summary>
    public static IEnumerable<GradCase> All => [.. OpCases.All, .. BlockCases.All, .. ModelCases.All];

    /// <summary>
    /// The cases of an op, a block, a loss or a kind of these ("silu", "C3k2", "detection_loss", "blocks"; case, '_' and '-' do not matter), of a
    /// graph ("yolo11n.yaml"), or of a reference's model, by the prefix of its files.
    /// </summary>
    /// <param name="word">Null: all.</param>
    /// <param name="dims">Extents to use instead of the cases' own; null: their own.</param>
    /// <exception cref="InputException">Nothing has that name, the message names the nearest; or it cannot take the extents.</exception>
    public static IReadOnlyList<GradCase> Find(string? word, int[]? dims = null)
    {
        if (word is null) return dims is null ? [.. All] : throw new InputException("shape= is of one op, block, loss or model: name it, for example gradcheck silu shape=2x8x8x32");
        if (File.Exists(word + ".batch.safetensors") || word.EndsWith(".batch.safetensors", StringComparison.Ordinal)) return [Reference(word, dims)];
        if (word.EndsWith(".yaml", StringComparison.Ordinal) || Plain(word).StartsWith("yolo11", StringComparison.Ordinal)) return [ModelCases.OfGraph(word, dims)];
        if (Array.FindIndex(Kinds, k => Plain(k) == Plain(word)) is >= 0 and var kind) return OfKind(kind, dims);
        GradCase[] found = [.. OpCases.All.Concat(BlockCases.All).Where(c => Plain(c.Subject) is var name && (name == Plain(word) || name + "head" == Plain(word)))];
        if (found.Length == 0) throw Unknown(word);
        return dims is null ? found : [ShapedCases.Of(found[0].Subject, dims)];
    }

    /// <summary>The names of everything that has cases.</summary>
    public static IEnumerable<string> Subjects => OpCases.All.Concat(BlockCases.All).Select(c => c.Subject).Distinct();

    private static IReadOnlyList<GradCase> OfKind(int kind, int[]? dims)
    {
        if (dims is not null) throw new InputException($"shape= is of one op, block, loss or model, not of all {Kinds[kind]}");
        return kind switch
        {
            0 => [.. OpCases.All.Where(c => c.Kind == CaseKind.Op)],
            1 => [.. OpCases.All.Where(c => c.Kind == CaseKind.Loss)],
            2 => BlockCases.All,
            _ => [.. ModelCases.All],
        };
    }

    private static GradCase Reference(string prefix, int[]? dims) =>
        dims is null ? ModelCases.OfReference(prefix.Replace(".batch.safetensors", "")) : throw new InputException($"shape=: {prefix} has pictures of its own; leave shape= out");

    private static InputException Unknown(string word)
    {
        string nearest = Subjects.Concat(Kinds).Append("yolo11n.yaml").MinBy(s => EditDistance.Between(Plain(word), Plain(s)))!;
        return new InputException($"gradcheck {word}: no op, block or loss is called that, and no {word}.batch.safetensors is here; did you mean '{nearest}'? Known are {string.Join(", ", Subjects)}, {string.Join(", ", Kinds)}, graphs such as yolo11n.yaml, and prefixes of a reference's files");
    }

    private static string Plain(string name) => name.Replace("_", "").Replace("-", "").ToLowerInvariant();
}
