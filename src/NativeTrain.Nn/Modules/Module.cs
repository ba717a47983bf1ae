using NativeTrain.Core;

namespace NativeTrain.Nn.Modules;

/// <summary>
/// A part of a network: parameters, buffers (tensors that are state but are not learned, such as running
/// statistics) and child modules, each under a name. A tensor's full name is the path of names to it, joined
/// by dots, and equals the reference's ("model.2.m.0.cv1.conv.weight").
/// </summary>
public abstract class Module : IDisposable
{
    private readonly List<(string Name, Module Module)> children = [];
    private readonly List<(string Name, Parameter Parameter)> parameters = [];
    private readonly List<(string Name, Tensor Tensor)> buffers = [];

    protected Module(IBackend backend) => Backend = backend;

    protected IBackend Backend { get; }

    /// <summary>This module and every one below it, in a fixed order.</summary>
    public IEnumerable<Module> SelfAndDescendants() => children.SelectMany(c => c.Module.SelfAndDescendants()).Prepend(this);

    /// <summary>Every parameter below this module, in a fixed order, with its full name.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> NamedParameters(string prefix = "") =>
        parameters.Select(p => (prefix + p.Name, p.Parameter))
            .Concat(children.SelectMany(c => c.Module.NamedParameters(prefix + c.Name + ".")));

    /// <summary>Every buffer below this module, in a fixed order, with its full name.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> NamedBuffers(string prefix = "") =>
        buffers.Select(b => (prefix + b.Name, b.Tensor))
            .Concat(children.SelectMany(c => c.Module.NamedBuffers(prefix + c.Name + ".")));

    /// <summary>Sets the learned tensors to their starting values, drawing from <paramref name="random"/> in a fixed order.</summary>
    public virtual void Initialize(ref InitRandom random)
    {
        foreach (var (_, child) in children) child.Initialize(ref random);
    }

    protected T Child<T>(string name, T module) where T : Module
    {
        children.Add((name, module));
        return module;
    }

    protected Parameter NewParameter(string name, Shape shape, ParameterKind kind)
    {
        var p = new Parameter(Backend, shape, kind);
        parameters.Add((name, p));
        return p;
    }

    protected Tensor NewBuffer(string name, Shape shape, float value)
    {
        var t = Tensor.Create(Backend, shape);
        Backend.Fill(t, value);
        buffers.Add((name, t));
        return t;
    }

    public void Dispose()
    {
        foreach (var (_, c) in children) c.Dispose();
        foreach (var (_, p) in parameters) p.Dispose();
        foreach (var (_, b) in buffers) b.Dispose();
        GC.SuppressFinalize(this);
    }
}
