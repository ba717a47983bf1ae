using Xunit.Sdk;
using Xunit.v3;

// The compute threads are the process's: a test that sets their number must not run beside another.
[assembly: Parallelization(Mode = ParallelMode.None)]
