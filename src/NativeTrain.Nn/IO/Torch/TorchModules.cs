namespace NativeTrain.Nn;

/// <summary>
/// Finds the weights in what a pickle holds: a state dict (names to tensors), a pickled model (a tree of modules, each with
/// _parameters, _buffers and _modules), or a checkpoint, a dict that holds one of them.
/// </summary>
internal static class TorchModules
{
    /// <summary>Where checkpoints keep their weights, the averaged ones first: they are what a training validates and keeps.</summary>
    private static readonly string[] Places = ["ema", "model", "state_dict", "model_state_dict"];

    private const int MaxDepth = 64, MaxModules = 100_000, MaxName = 512;

    /// <summary>Items of dicts that are gone through, far more than any model has: a hostile tree's modules may all share one large dict.</summary>
    private const long MaxItems = 10_000_000;

    /// <summary>The weights under their full names.</summary>
    /// <exception cref="InvalidDataException">There are none, or the tree has no end.</exception>
    public static IReadOnlyList<KeyValuePair<string, PickledTensor>> Find(object? root)
    {
        var found = Weights(Model(root));
        if (found.Count == 0) throw new InvalidDataException("holds no weights: neither a state dict nor a model");
        return found;
    }

    /// <summary>The model or the state dict in a checkpoint; a model or state dict is itself.</summary>
    public static object? Model(object? root)
    {
        if (root is not PickledDict dict || dict.Items.Any(i => i.Value is PickledTensor)) return root;
        return Places.Select(p => dict[p]).FirstOrDefault(v => v is PickledObject or PickledDict) ?? root;
    }

    private static List<KeyValuePair<string, PickledTensor>> Weights(object? model)
    {
        var found = new List<KeyValuePair<string, PickledTensor>>();
        if (model is PickledDict state) Collect(state, "", [], found);
        else if (model is PickledObject { State: PickledDict attributes }) Walk(attributes, found);
        return found;
    }

    /// <summary>Goes through a tree of modules in its order, children before younger siblings, without recursion.</summary>
    private static void Walk(PickledDict root, List<KeyValuePair<string, PickledTensor>> found)
    {
        var open = new Stack<(string Prefix, int Depth, PickledDict Module)>([("", 0, root)]);
        // A hostile tree may hold itself, or each module twice; both come to their end here.
        long items = 0;
        for (int modules = 0; open.TryPop(out var at); modules++)
        {
            var parameters = at.Module["_parameters"] as PickledDict ?? new PickledDict();
            var buffers = at.Module["_buffers"] as PickledDict ?? new PickledDict();
            var children = at.Module["_modules"] as PickledDict ?? new PickledDict();
            var notSaved = NotSaved(at.Module);
            items += at.Module.Items.Count + parameters.Items.Count + buffers.Items.Count * (1L + notSaved.Count) + children.Items.Count;
            if (modules >= MaxModules || at.Depth > MaxDepth || items > MaxItems) throw new InvalidDataException("the model's tree of modules has no end");
            Collect(parameters, at.Prefix, [], found);
            Collect(buffers, at.Prefix, notSaved, found);
            for (int i = children.Items.Count - 1; i >= 0; i--)
                if (children.Items[i] is { Key: string name, Value: PickledObject { State: PickledDict child } })
                    open.Push((Join(at.Prefix, name) + ".", at.Depth + 1, child));
            if (open.Count > MaxModules) throw new InvalidDataException("the model's tree of modules has no end");
        }
    }

    private static void Collect(PickledDict tensors, string prefix, List<object?> leftOut, List<KeyValuePair<string, PickledTensor>> found)
    {
        foreach (var (key, value) in tensors.Items)
            if (key is string { Length: > 0 } name && value is PickledTensor tensor && !leftOut.Contains(name))
                found.Add(new(Join(prefix, name), tensor));
        if (found.Count > MaxModules) throw new InvalidDataException($"holds more than {MaxModules} tensors");
    }

    /// <summary>Names of the buffers that a module does not save: set(["a", "b"]).</summary>
    private static List<object?> NotSaved(PickledDict module) =>
        module["_non_persistent_buffers_set"] is PickledObject { State: object?[] and [List<object?> names] } ? names : [];

    private static string Join(string prefix, string name) => prefix.Length + name.Length <= MaxName
        ? prefix + name
        : throw new InvalidDataException($"the name '{PickleGlobals.Quote(prefix + name)}' is too long for a tensor's");
}
