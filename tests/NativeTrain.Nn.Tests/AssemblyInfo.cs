using Xunit;

// The compute threads are the process's: a test that sets their number must not run beside another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
