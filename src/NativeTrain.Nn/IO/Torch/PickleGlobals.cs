using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// What a weights file may ask for by name, and what becomes of it. A general unpickler imports and calls whatever is
/// named; this one knows a few names of PyTorch's own, keeps classes of layers as inert records, and refuses the rest.
/// </summary>
internal static class PickleGlobals
{
    private static readonly Dictionary<string, SafetensorsType?> Storages = new(StringComparer.Ordinal)
    {
        ["torch.FloatStorage"] = SafetensorsType.F32,
        ["torch.HalfStorage"] = SafetensorsType.F16,
        ["torch.BFloat16Storage"] = SafetensorsType.BF16,
        ["torch.DoubleStorage"] = SafetensorsType.F64,
        ["torch.LongStorage"] = SafetensorsType.I64,
        ["torch.IntStorage"] = SafetensorsType.I32,
        ["torch.ByteStorage"] = SafetensorsType.U8,
        ["torch.BoolStorage"] = SafetensorsType.BOOL,
        ["torch.storage.UntypedStorage"] = null,
        ["torch.UntypedStorage"] = null,
    };

    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    };

    /// <summary>Kept as records. "__builtin__" is what the same module was called in Python 2, whose names protocol 2 uses.</summary>
    private static readonly HashSet<string> Records = new(StringComparer.Ordinal)
    {
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "argparse.Namespace", "types.SimpleNamespace",
        "torch.Size", "torch.device", "torch.float16", "torch.bfloat16", "torch.float32", "torch.float64", "torch.int64", "torch.int32", "torch.uint8", "torch.bool",
        "torch.nn.parameter.Parameter", "torch.Tensor", "torch._C._nn.gelu", "torch._C._nn.silu",
        "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "_codecs.encode",
        "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
        "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "datetime.datetime",
        "__builtin__.set", "__builtin__.frozenset", "__builtin__.dict", "__builtin__.list", "__builtin__.tuple", "__builtin__.slice",
        "__builtin__.int", "__builtin__.float", "__builtin__.str", "__builtin__.bool", "__builtin__.complex", "__builtin__.bytearray", "__builtin__.object",
        "builtins.set", "builtins.frozenset", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.slice",
        "builtins.int", "builtins.float", "builtins.str", "builtins.bool", "builtins.complex", "builtins.bytearray", "builtins.object",
    };

    /// <summary>Packages whose classes are layers, losses and settings; as records they can do nothing.</summary>
    private static readonly string[] RecordPackages = ["torch.nn.modules.", "torch.optim.", "ultralytics."];

    /// <exception cref="InvalidDataException">It is not on the list; the message names it.</exception>
    public static PickledGlobal Allow(string module, string name)
    {
        var asked = new PickledGlobal(module, name);
        string full = asked.ToString();
        // A dotted name would reach into a class ("OrderedDict.__init__.__globals__"); a class of a layer has none.
        bool known = Storages.ContainsKey(full) || Functions.Contains(full) || Records.Contains(full)
            || (RecordPackages.Any(p => (module + ".").StartsWith(p, StringComparison.Ordinal)) && !name.Contains('.', StringComparison.Ordinal));
        return known ? asked : throw new InvalidDataException(
            $"the pickle asks for '{Quote(full)}', which is not on the list of what a weights file may contain; nothing was run");
    }

    /// <summary>What a call of an allowed name with these arguments stands for.</summary>
    /// <exception cref="InvalidDataException">The arguments are not those that PyTorch writes.</exception>
    public static object? Call(PickledGlobal function, object?[] arguments)
    {
        switch (function.ToString())
        {
            case "torch._utils._rebuild_tensor_v2":
                return arguments is [PickledStorage storage, long offset, object?[] sizes, object?[] strides, ..]
                    ? new PickledTensor(storage, offset, Numbers(sizes), Numbers(strides))
                    : throw new InvalidDataException("a tensor in the pickle is malformed");
            case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state":
                return arguments is [PickledTensor tensor, ..] ? tensor : throw new InvalidDataException("a parameter in the pickle is no tensor");
            case "collections.OrderedDict" or "__builtin__.dict" or "builtins.dict" when arguments.Length == 0:
                return new PickledDict();
            case "torch.Size":
                return arguments is [object?[] size] ? size : throw new InvalidDataException("a torch.Size in the pickle is malformed");
            default:
                return new PickledObject(function) { State = arguments };
        }
    }

    /// <summary>What a persistent id, the tuple ("storage", class, key, device, count), stands for.</summary>
    /// <exception cref="InvalidDataException">It is no such tuple.</exception>
    public static PickledStorage Storage(object? id) =>
        id is object?[] and ["storage", PickledGlobal type, string key, string, long count] && Storages.TryGetValue(type.ToString(), out var element)
            ? new PickledStorage(element, key, count)
            : throw new InvalidDataException("the pickle refers to something outside that is no tensor storage");

    /// <summary>A name in the file, for a message.</summary>
    public static string Quote(string text) => OneLine.Of(text, most: 80);

    private static long[] Numbers(object?[] tuple)
    {
        var numbers = new long[tuple.Length];
        for (int i = 0; i < tuple.Length; i++)
            numbers[i] = tuple[i] is long n ? n : throw new InvalidDataException("a tensor in the pickle has a size or stride that is no whole number");
        return numbers;
    }
}
