using System.CommandLine;

namespace Ncn.Cli.Demo;

internal static class DemoCommand
{
    public static Command Create() => new("demo", "x");
}
