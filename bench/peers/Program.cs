using NativeTrain.Peers;
using NativeTrain.Race;

// The race's child that trains by libtorch: PROGRAM weights-file batch-file setting=value …
try
{
    if (args[0] == "verify") return TorchCheck.Run(args[1], "yolo11n.yaml");
    return EngineLoop.Serve(new TorchEngine(RaceSettings.Parse(args[2..]), args[0], args[1]));
}
catch (Exception e)
{
    Console.Error.WriteLine($"peer: {e.GetType().Name}: {e.Message}");
    return 2;
}
