using Xunit.Sdk;
using Xunit.v3;

// There is one device, and the emulator's threads are the machine's.
[assembly: Parallelization(Mode = ParallelMode.None)]
