using Xunit;

// There is one device, and the emulator's threads are the machine's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
