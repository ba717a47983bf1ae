namespace NativeTrain.Gradients;

/// <summary>Where in a network the walk back goes wrong, by which layers' gradients are.</summary>
internal static class ModelPattern
{
    public static IEnumerable<string> Of(CaseResult result)
    {
        // Groups come in the order of the layers; single inputs of the last that failed, which follow, have shapes of their own.
        var layers = result.Inputs.Where(i => i.IsGroup && i.Name != "everything").ToList();
        var wrong = layers.Where(l => l.Failed.Any()).ToList();
        if (wrong.Count == 0) yield break;
        int last = layers.IndexOf(wrong[^1]);
        if (wrong.Count == 1) yield return $"only {wrong[0].Name} is wrong: the gradient of its own parameters, for what it sends back is right";
        else if (last == layers.Count - 1) yield return $"{wrong.Count} of {layers.Count} layers are wrong, the last one too: the loss or the head";
        else yield return $"{wrong[^1].Name} is the last of {wrong.Count} wrong layers and all after it are right: it, or what carries its output, sends back what is wrong";
    }
}
