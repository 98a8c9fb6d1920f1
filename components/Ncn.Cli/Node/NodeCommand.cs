using System.CommandLine;

namespace Ncn.Cli.Node;

/// <summary><c>node</c>: what a node operator does by hand.</summary>
internal static class NodeCommand
{
    public static Command Create() => new("node", "Prepare what a compute node serves.") { ManifestCommand.Create() };
}
