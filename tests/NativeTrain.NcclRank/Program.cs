using System.Globalization;
using NativeTrain.Cuda;
using NativeTrain.NcclRank;

// NativeTrain.NcclRank FOLDER RANK SIZE SCENARIO: one rank. Exit code 0: all was as it should be; 1: a line says what was not.
var (folder, rank, size) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
CudaDevice.Choose(emulator: Environment.GetEnvironmentVariable("NATIVETRAIN_TEST_DEVICE") != "cuda");
using var control = new FolderControl(folder, rank, size);
using var backend = new CudaBackend(CudaDevice.Emulated ? 0 : rank, ConvLibrary.Native);
try
{
    if (args[3] == "death-ends") Faults.DieUnwatched(control, backend);
    else if (args[3] is "mismatch" or "death") Faults.Run(control, backend, args[3]);
    else Sums.Run(control, backend, args[3]);
    return 0;
}
catch (WrongException e)
{
    Console.WriteLine($"rank {rank}: {e.Message}");
    return 1;
}
