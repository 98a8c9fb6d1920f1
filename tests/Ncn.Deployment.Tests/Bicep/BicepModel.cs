using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Ncn.Tests.Anvil;

namespace Ncn.Deployment.Tests.Bicep;

/// <summary>All Bicep files of a deployment, parsed.</summary>
internal sealed class BicepModel
{
    private static readonly ConcurrentDictionary<DeploymentFiles, BicepModel> Known = new();
    private static readonly ConcurrentDictionary<(string Path, string Text), BicepFile> Parsed = new();

    private BicepModel(IReadOnlyDictionary<string, BicepFile> files) => Files = files;

    public IReadOnlyDictionary<string, BicepFile> Files { get; }

    /// <summary>Every declaration with the file that it is in.</summary>
    public IEnumerable<(string File, Declaration Declaration)> All => Files.SelectMany(file => file.Value.Declarations.Select(declaration => (file.Key, declaration)));

    public static BicepModel Of(DeploymentFiles deployment) => Known.GetOrAdd(deployment, Parse);

    /// <summary>Where a path in a file leads to.</summary>
    public static string Resolve(string file, string path) =>
        Path.GetRelativePath("/", Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(file)!, path))).Replace('\\', '/');

    // Most files of two deployments are the same, and are parsed once.
    private static BicepModel Parse(DeploymentFiles deployment)
    {
        var texts = deployment.Under("infra-bicep/", ".bicep", ".bicepparam").Select(path => (Path: path, Text: deployment[path])).ToArray();
        var unknown = texts.Where(file => !Parsed.ContainsKey(file)).ToDictionary(file => file.Path, file => file.Text);
        foreach (var (path, file) in unknown.Count == 0 ? [] : Grammar.Started.Value.Parse(unknown))
        {
            Parsed[(path, unknown[path])] = file;
        }

        return new(texts.ToDictionary(file => file.Path, file => Parsed[file]));
    }
}

/// <summary>The script that knows the grammar; it ends with this process, when its input does.</summary>
internal sealed class Grammar
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);
    private readonly Lock _one = new();
    private readonly Process _node = Process.Start(new ProcessStartInfo("node", [Path.Combine(Repository.Root, "tests/Ncn.Deployment.Tests/bicep.mjs")])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    public static Lazy<Grammar> Started { get; } = new(static () => new Grammar());

    public Dictionary<string, BicepFile> Parse(IReadOnlyDictionary<string, string> texts)
    {
        lock (_one)
        {
            _node.StandardInput.WriteLine(JsonSerializer.Serialize(texts));
            _node.StandardInput.Flush();
            var answer = _node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The reader of Bicep ended: run 'npm ci --ignore-scripts', then 'node tests/Ncn.Deployment.Tests/bicep.mjs' to see why.");
            return JsonSerializer.Deserialize<Dictionary<string, BicepFile>>(answer, Options)!;
        }
    }
}

internal sealed record BicepFile(IReadOnlyList<SyntaxError> Errors, IReadOnlyList<Declaration> Declarations)
{
    public Declaration? Find(string kind, string name) => Declarations.FirstOrDefault(declaration => declaration.Kind == kind && declaration.Name == name);

    public IEnumerable<Declaration> OfKind(string kind) => Declarations.Where(declaration => declaration.Kind == kind);
}

internal sealed record SyntaxError(int Line, string Text);

/// <param name="Kind">param, var, type, func, resource, module, output, import, metadata, targetScope, using, or assignment (in a parameters file).</param>
/// <param name="Path">Of a resource its type and version, of a module, import or using the file.</param>
/// <param name="References">Every use of a name in it, with the members that are asked of it.</param>
/// <param name="Locals">Names that loops, lambdas and functions bring along.</param>
internal sealed record Declaration(
    string Kind, string Name, int Line, IReadOnlyList<Decorator> Decorators, IReadOnlyList<Reference> References, IReadOnlyList<string> Locals,
    string? Path, string? Type, bool Existing, BicepValue? Value, IReadOnlyList<string>? Names)
{
    public bool Has(string decorator) => Decorators.Any(each => each.Name == decorator);
}

internal sealed record Decorator(string Name, IReadOnlyList<BicepValue> Arguments);

internal sealed record Reference(string Name, IReadOnlyList<string> Path, int Line, bool IsCall);

/// <summary>A value as it is written: one of object, array, text, literal, choice, call, loop; any other is an expression.</summary>
internal sealed record BicepValue(
    IReadOnlyList<BicepProperty>? Object, IReadOnlyList<BicepValue>? Array, string? Text, string? Literal, string? Expression, IReadOnlyList<BicepValue>? Choice,
    string? Call, IReadOnlyList<BicepValue>? Arguments, BicepValue? Each)
{
    /// <summary>A member by its path; null when it is not written there.</summary>
    public BicepValue? At(params string[] path) => path.Aggregate((BicepValue?)this, (value, name) => value?.Object?.FirstOrDefault(property => property.Name == name)?.Value);

    /// <summary>This value and everything inside it.</summary>
    public IEnumerable<BicepValue> Inside() => new[] { this }.Concat(
        (Object?.Select(property => property.Value) ?? []).Concat(Array ?? []).Concat(Choice ?? []).Concat(Arguments ?? []).Concat(Each is null ? [] : [Each]).SelectMany(value => value.Inside()));

    /// <summary>Text or expression, as it is written.</summary>
    public string Written => Text ?? Literal ?? Expression ?? string.Empty;
}

internal sealed record BicepProperty(string Name, BicepValue Value, int Line);
