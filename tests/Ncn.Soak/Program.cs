using Ncn.Soak;

try
{
    SoakOptions options = SoakOptions.Parse(args);
    SoakReport report = await SoakRun.RunAsync(options);
    report.Publish(options.Folder);
    return report.Problems.Count == 0 ? 0 : 1;
}
catch (FormatException exception)
{
    Console.Error.WriteLine("soak: " + exception.Message);
    return 2;
}
catch (SoakFailedException exception)
{
    Console.Error.WriteLine("soak failed: " + exception.Message);
    return 1;
}
