namespace Ncn.Cli.Network;

/// <summary>Where one network keeps what must survive it, and what tells how to reach it.</summary>
internal sealed record StateFolder(string Path)
{
    /// <summary>Given to apps; written by provision.</summary>
    public string NetworkEnvironment => System.IO.Path.Combine(Path, "network.env");

    /// <summary>Written by the local runtime: processes and ports.</summary>
    public string RuntimeFile => System.IO.Path.Combine(Path, "runtime.json");

    /// <summary>Written by the local runtime when every app is ready.</summary>
    public string ReadyFile => System.IO.Path.Combine(Path, "ready");

    /// <summary>Written by up: what it started.</summary>
    public string RunFile => System.IO.Path.Combine(Path, "run.json");

    /// <summary>Private keys, one per file, mode 0600.</summary>
    public string Keys => System.IO.Path.Combine(Path, "keys");

    /// <summary>The demo client's payment channels.</summary>
    public string Channels => System.IO.Path.Combine(Path, "channels");

    public string Log(string name) => System.IO.Path.Combine(Path, "logs", name + ".log");

    public string KeyFile(string role) => System.IO.Path.Combine(Keys, role + ".key");

    /// <summary>The folder named on the command line, else NCN_STATE, else .ncn/network beside the solution.</summary>
    public static StateFolder Choose(string? option) =>
        new(System.IO.Path.GetFullPath(option ?? Environment.GetEnvironmentVariable("NCN_STATE") ?? System.IO.Path.Combine(Installation.Root, ".ncn", "network")));
}
