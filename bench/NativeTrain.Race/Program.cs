using NativeTrain.Core;
using NativeTrain.Race;

// PROGRAM [setting=value …] races; "own" and "floor" before the settings are its children.
try
{
    return args.FirstOrDefault() switch
    {
        "own" => EngineLoop.Serve(new OwnEngine(args[1], args[2], RaceSettings.Parse(args[3..]))),
        "floor" => EngineLoop.Serve(new ConvolutionFloor(RaceSettings.Parse(args[1..]))),
        _ => Races.Run(RaceSettings.Parse(args)),
    };
}
catch (InputException e)
{
    Console.Error.WriteLine($"race: {e.Message}");
    return 2;
}
