using Ncn.LocalRuntime;
using Ncn.LocalRuntime.Configuration;

try
{
    return RuntimeOptions.Parse(args, out var exitCode) is { } options
        ? await LocalNetwork.RunAsync(options)
        : exitCode;
}
catch (ConfigurationException error)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 2;
}
