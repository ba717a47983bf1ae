using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace NativeTrain.Training.Tests;

/// <summary>What docs/cloud.md offers, as far as it can be checked without a container engine and a cluster.</summary>
public sealed partial class CloudFilesTests
{
    private static string Read(string file) => File.ReadAllText(Path.Combine(Shared.Root, file));

    /// <summary>The Containerfile's instructions, continued lines joined.</summary>
    private static IEnumerable<string[]> Instructions() =>
        Read("Containerfile").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Fact]
    public void TheContainerfileCopiesWhatThereIs()
    {
        var stages = new HashSet<string>();
        string ignored = Read(".containerignore");
        foreach (string[] words in Instructions())
        {
            if (words[0] == "FROM" && words.Length == 4) stages.Add(words[3]);
            if (words[0] != "COPY") continue;
            if (words[1].StartsWith("--from=", StringComparison.Ordinal))
            {
                Assert.Contains(words[1]["--from=".Length..], stages);
                continue;
            }
            foreach (string source in words[1..^1])
            {
                Assert.True(Path.Exists(Path.Combine(Shared.Root, source)), $"COPY {source}");
                Assert.DoesNotContain($"\n{source}\n", ignored, StringComparison.Ordinal);
            }
        }
        Assert.Contains("build", stages);
    }

    [Fact]
    public void TheImageHasTheVersionsAndPackagesOfTheBuild()
    {
        string container = Read("Containerfile");
        string framework = Regex.Match(Read("Directory.Build.props"), @"<TargetFramework>net([\d.]+)<").Groups[1].Value;
        Assert.Contains($"dotnet/sdk:{framework} ", container, StringComparison.Ordinal);
        var installed = Instructions().Where(w => w[0] == "RUN").Select(w => w.ToHashSet()).Where(w => w.Contains("apt-get")).ToList();
        Assert.Equal(2, installed.Count);
        string[] needed = Regex.Match(Read("build.sh"), @"^PACKAGES=\(([^)]*)\)", RegexOptions.Multiline).Groups[1].Value.Split(' ');
        Assert.NotEmpty(needed);
        Assert.Empty(needed.Except(installed[0]));
        Assert.Empty(((string[])["libdnnl2", "libgomp1", "openmpi-bin"]).Except(installed[1]));
    }

    [Theory]
    [InlineData("train.sbatch")]
    [InlineData("train-gpu.sbatch")]
    public void TheSlurmScriptsAreShell(string file)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-n", Path.Combine(Shared.Root, "examples/slurm", file)]) { RedirectStandardError = true })!;
        string errors = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.True(bash.ExitCode == 0 && errors.Length == 0, errors);
        // sbatch reads its options up to the first command only.
        string[] lines = Read($"examples/slurm/{file}").Split('\n');
        int command = Array.FindIndex(lines, l => l.Length > 0 && l[0] != '#');
        Assert.True(Array.FindLastIndex(lines, l => l.StartsWith("#SBATCH ", StringComparison.Ordinal)) is var last && last > 0 && last < command);
    }

    [Fact]
    public void TheMpiJobStartsARankASlot()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Read("examples/kubernetes/mpijob.yaml")));
        var job = Assert.Single(yaml.Documents).RootNode;
        Assert.Equal("kubeflow.org/v2beta1", job["apiVersion"].ToString());
        Assert.Equal("MPIJob", job["kind"].ToString());
        var replicas = job["spec"]["mpiReplicaSpecs"];
        int slots = Number(job["spec"]["slotsPerWorker"]) * Number(replicas["Worker"]["replicas"]);
        string script = replicas["Launcher"]["template"]["spec"]["containers"][0]["args"][0].ToString();
        Assert.Contains($"mpirun -n {slots} ", script, StringComparison.Ordinal);
        foreach (string role in (string[])["Launcher", "Worker"])
        {
            var pod = replicas[role]["template"]["spec"];
            Assert.Equal(pod["volumes"][0]["name"].ToString(), pod["containers"][0]["volumeMounts"][0]["name"].ToString());
        }
    }

    [Theory]
    [InlineData("examples/slurm/train.sbatch")]
    [InlineData("examples/slurm/train-gpu.sbatch")]
    [InlineData("examples/kubernetes/mpijob.yaml")]
    public void TheOptionsOfTheExamplesAreKnown(string file)
    {
        var lines = Read(file).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Where(l => Regex.IsMatch(l, @"\btrain .*model=")).ToList();
        Assert.NotEmpty(lines);
        foreach (string line in lines)
            foreach (Match option in Option().Matches(line[line.IndexOf("train ", StringComparison.Ordinal)..]))
                Assert.NotNull(OptionTable.Check(Verb.Train, option.Groups[1].Value, option.Groups[2].Value.Contains('$', StringComparison.Ordinal) ? "x" : option.Groups[2].Value.Trim('"', ')')));
    }

    [GeneratedRegex(@"(?<=[ ""])([a-z_0-9]+)=(\S+)")]
    private static partial Regex Option();

    private static int Number(YamlNode node) => int.Parse(node.ToString(), CultureInfo.InvariantCulture);
}
