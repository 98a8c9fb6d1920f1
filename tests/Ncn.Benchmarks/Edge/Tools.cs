using System.Runtime.InteropServices;

namespace Ncn.Benchmarks.Edge;

/// <summary>The programs that peers and load need, below artifacts/bench: Debian's wrk and nginx, unpacked and not installed, and npm packages.</summary>
internal sealed class Tools(BenchmarkOptions options)
{
    private static readonly string[] ProgramFolders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    private static readonly string[] WrkPackages = ["wrk", "libluajit-5.1-2"];
    private static readonly string[] NginxPackages = ["nginx"];
    private static readonly string[] Download = ["download", "-qq"];
    private static readonly string[] Install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

    private string Root => Path.Combine(options.Folder, "tools");

    private string Debian => Path.Combine(Root, "debian");

    public string Peers => Path.Combine(Root, "npm");

    /// <summary>Fetches what is missing; what cannot be had is said, and its rows are left out.</summary>
    public (string Wrk, string? Nginx, string? NodePeers, IReadOnlyList<string> Missing) Prepare()
    {
        var missing = new List<string>();
        string? wrk = Find("wrk") ?? Fetched("wrk", WrkPackages, "usr/bin/wrk", missing);
        string? nginx = Find("nginx") ?? Fetched("nginx", NginxPackages, "usr/sbin/nginx", missing);
        return (wrk ?? throw new BenchmarkFailedException($"wrk is missing, which makes the load: {missing[0]}"), nginx, NodePeers(missing), missing);
    }

    /// <summary>A program of Debian, installed or unpacked; null when it cannot be had, which is said in <paramref name="missing"/>.</summary>
    public string? Program(string name, string[] packages, string file, List<string> missing) => Find(name) ?? Fetched(name, packages, file, missing);

    /// <summary>How a program that was unpacked finds the libraries beside it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_LIBRARY_PATH"] = Path.Combine(Debian, "usr", "lib", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"),
    };

    private static string? Find(string name) =>
        ProgramFolders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private string? Fetched(string name, string[] packages, string program, List<string> missing)
    {
        string file = Path.Combine(Debian, program);
        if (File.Exists(file))
        {
            return file;
        }

        try
        {
            string folder = Directory.CreateDirectory(Path.Combine(Root, "packages", name)).FullName;
            Tool.Run("apt-get", [.. Download, .. packages], folder);
            foreach (string package in Directory.GetFiles(folder, "*.deb"))
            {
                Tool.Run("dpkg-deb", ["-x", package, Debian]);
            }

            return file;
        }
        catch (Exception failure) when (failure is BenchmarkFailedException or System.ComponentModel.Win32Exception)
        {
            missing.Add($"{name} is not there and could not be downloaded ({failure.Message}); install it: apt-get update && apt-get install {name}");
            return null;
        }
    }

    private string? NodePeers(List<string> missing)
    {
        if (Directory.Exists(Path.Combine(Peers, "node_modules", "@musistudio")))
        {
            return Peers;
        }

        try
        {
            Directory.CreateDirectory(Peers);
            foreach (string file in Directory.GetFiles(Path.Combine(BenchmarkOptions.Root, "tests", "Ncn.Benchmarks", "peers"), "*.json"))
            {
                File.Copy(file, Path.Combine(Peers, Path.GetFileName(file)), overwrite: true);
            }

            Tool.Run("npm", Install, Peers);
            return Peers;
        }
        catch (BenchmarkFailedException failure)
        {
            missing.Add($"Portkey and @musistudio/llms could not be installed: {failure.Message}");
            return null;
        }
    }
}
