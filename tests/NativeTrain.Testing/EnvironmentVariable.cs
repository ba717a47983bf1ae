namespace NativeTrain.Testing;

/// <summary>Sets a variable of this process's environment until it is disposed; the tests that use it share a collection, so that they run one at a time.</summary>
public sealed class EnvironmentVariable : IDisposable
{
    private readonly string name;
    private readonly string? before;

    public EnvironmentVariable(string name, string value)
    {
        this.name = name;
        before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }

    public void Dispose() => Environment.SetEnvironmentVariable(name, before);
}
