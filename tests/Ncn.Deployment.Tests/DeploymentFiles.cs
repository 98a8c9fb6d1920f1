using Ncn.Tests.Anvil;

namespace Ncn.Deployment.Tests;

/// <summary>The texts that a deployment consists of, by path. A copy with a changed text is another deployment.</summary>
internal sealed class DeploymentFiles
{
    private static readonly string[] Folders = ["infra-bicep", "dapr/components", ".github/workflows"];

    private static readonly string[] Files =
    [
        "dapr/dapr.yaml", "dapr/config.yaml", "dapr/access.yaml", "dapr/resiliency.yaml", "dapr/compose.yaml", "dapr/servicebus.json", "dapr/emulators.env",
        "dapr/README.md", "README.md", "functions/Ncn.Gateway/host.json", "functions/Ncn.ChainEvents/host.json", "Dockerfile", "compute-worker/Dockerfile",
        "compute-worker/models.Dockerfile", "compute-worker/compose.yaml",
    ];

    private readonly IReadOnlyDictionary<string, string> _texts;

    private DeploymentFiles(IReadOnlyDictionary<string, string> texts) => _texts = texts;

    /// <summary>The files of this repository.</summary>
    public static DeploymentFiles Real { get; } = new(Files.Concat(Folders.SelectMany(AllIn)).ToDictionary(path => path, Read, StringComparer.Ordinal));

    /// <summary>All C# of apps and components, stand-ins excepted; what is deployed has to fit it.</summary>
    public static IReadOnlyDictionary<string, string> Code { get; } = new[] { "components", "functions", "dapr", "compute-worker" }.SelectMany(AllIn)
        .Where(path => path.EndsWith(".cs", StringComparison.Ordinal) && !path.Contains("/standins/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
        .ToDictionary(path => path, Read, StringComparer.Ordinal);

    public string this[string path] => _texts[path];

    /// <summary>Paths with this ending under this folder, in order.</summary>
    public IEnumerable<string> Under(string folder, params string[] endings) => _texts.Keys
        .Where(path => path.StartsWith(folder, StringComparison.Ordinal) && endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))).Order(StringComparer.Ordinal);

    /// <summary>The same with one text changed in one place; the place must be there, or the mistake would not be planted.</summary>
    public DeploymentFiles With(string path, string old, string planted)
    {
        Assert.Contains(old, _texts[path], StringComparison.Ordinal);
        var at = _texts[path].IndexOf(old, StringComparison.Ordinal);
        return new(new Dictionary<string, string>(_texts, StringComparer.Ordinal) { [path] = string.Concat(_texts[path].AsSpan(0, at), planted, _texts[path].AsSpan(at + old.Length)) });
    }

    /// <summary>Whether the repository has a file or folder there, ours or not.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(Repository.Root, path));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static IEnumerable<string> AllIn(string folder) => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'));
}
