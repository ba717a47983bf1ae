using System.Globalization;

namespace NativeTrain.Mpi;

/// <summary>What started this process as one of several, as the environment tells. MPI is loaded only where there is one.</summary>
/// <param name="Name">"mpirun", "srun", …</param>
/// <param name="Size">Processes, as far as the environment says; at least 2.</param>
/// <param name="Rank">This one's number, where the environment says; else null.</param>
public sealed record Launcher(string Name, int Size, int? Rank)
{
    /// <summary>The variables that launchers set: of the number of processes and of this one's number.</summary>
    private static readonly (string Name, string Size, string Rank)[] Known =
    [
        ("mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), // Open MPI
        ("mpirun", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),   // MVAPICH
        ("mpiexec", "PMI_SIZE", "PMI_RANK"),                        // Hydra: MPICH, Intel MPI; it may itself run in a Slurm step
        ("srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),           // Slurm, in a step: a batch script's own shell has none
    ];

    /// <summary>The launcher of this process; null: none, or one that started this process alone.</summary>
    public static Launcher? Seen { get; } = Of(Environment.GetEnvironmentVariable);

    /// <summary>The same in another environment.</summary>
    internal static Launcher? Of(Func<string, string?> variable)
    {
        foreach (var (name, sizeName, rankName) in Known)
            if (Number(variable(sizeName)) is { } size)
                return size > 1 ? new Launcher(name, size, Number(variable(rankName))) : null;
        return null;
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
