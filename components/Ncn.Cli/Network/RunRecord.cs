using System.Text.Json;
using Ncn.Cli.Processes;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>STATE/run.json: what up started, so that down stops that and nothing else.</summary>
/// <param name="RunId">The mark in the environment of every process of the run.</param>
internal sealed record RunRecord(string RunId, RecordedProcess Runtime, RecordedProcess? Proxy, int ProxyPort, int Workers, bool FreeOfCharge)
{
    /// <summary>Null when nothing was started, or it was stopped.</summary>
    public static RunRecord? Read(StateFolder state) => File.Exists(state.RunFile)
        ? JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(state.RunFile), ProtocolJson.Options)
        : null;

    public void Write(StateFolder state) => PrivateFile.Write(state.RunFile, JsonSerializer.Serialize(this, ProtocolJson.Options));
}
