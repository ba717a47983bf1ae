using NativeTrain.Mpi;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>How a process finds out that it is one of several, and which cores are its own.</summary>
public class LauncherTests
{
    private static Launcher? Seen(params string[] variables)
    {
        var environment = variables.Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        return Launcher.Of(environment.GetValueOrDefault);
    }

    [Fact]
    public void LaunchersAreKnownByTheirVariables()
    {
        Assert.Null(Seen());
        Assert.Equal(new Launcher("mpirun", 4, 2), Seen("OMPI_COMM_WORLD_SIZE=4", "OMPI_COMM_WORLD_RANK=2"));
        Assert.Equal(new Launcher("mpiexec", 2, 0), Seen("PMI_SIZE=2", "PMI_RANK=0"));
        Assert.Equal(new Launcher("mpiexec", 4, 1), Seen("SLURM_STEP_NUM_TASKS=1", "SLURM_PROCID=0", "PMI_SIZE=4", "PMI_RANK=1")); // in one task of Slurm's
        Assert.Equal(new Launcher("srun", 8, 7), Seen("SLURM_STEP_NUM_TASKS=8", "SLURM_PROCID=7", "SLURM_NTASKS=8"));
    }

    /// <summary>A batch script's shell has the job's numbers too, and one process is one process.</summary>
    [Fact]
    public void OneProcessHasNoLauncher()
    {
        Assert.Null(Seen("SLURM_NTASKS=8", "SLURM_PROCID=0"));
        Assert.Null(Seen("OMPI_COMM_WORLD_SIZE=1", "OMPI_COMM_WORLD_RANK=0"));
        Assert.Null(Seen("PMI_SIZE=many"));
    }

    [Fact]
    public void CoresAreListedAsNumbersAndRanges()
    {
        var cores = ProcessorSet.Parse("0-2,8");
        Assert.Equal(4, cores.Count);
        Assert.True(cores.Overlaps(ProcessorSet.Parse("8-9")));
        Assert.False(cores.Overlaps(ProcessorSet.Of(ProcessorSet.Parse("3-7").ToBytes())));
        Assert.InRange(ProcessorSet.OfThisProcess().Count, 1, 1 << 16);
    }
}
