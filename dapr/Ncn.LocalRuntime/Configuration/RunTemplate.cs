using YamlDotNet.Serialization;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>One app of the run template, with paths made absolute. A port of 0 means that the app has none.</summary>
internal sealed record AppSpec
{
    public required string AppId { get; init; }

    public required string Directory { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The app id that component scopes name; a cloned worker is in the scopes of the one that it was cloned from.</summary>
    public string ScopeId { get => field ?? AppId; init; }

    public int AppPort { get; init; }

    public int DaprHttpPort { get; init; }

    public int DaprGrpcPort { get; init; }

    /// <summary>Largest request body that the app's Dapr API accepts, in MiB; the default of daprd is 4.</summary>
    public int MaxRequestMegabytes { get; init; } = 4;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>Reads the official multi-app run template (version 1): https://docs.dapr.io/developing-applications/local-development/multi-app-dapr-run/multi-app-template/.</summary>
internal static class RunTemplate
{
    private const int FirstHttpPort = 3500;
    private const int FirstGrpcPort = 50001;

    public static IReadOnlyList<AppSpec> Read(string path)
    {
        var file = YamlFile.ReadOne<TemplateFile>(path);
        if (file.Version != 1)
        {
            throw new ConfigurationException($"{path}: version is {file.Version}; only version 1 of the run template is known.");
        }

        var root = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return [.. file.Apps.Select((app, index) => ToSpec(app, file.Common, root, path, index))];
    }

    private static AppSpec ToSpec(AppEntry app, EntryDefaults common, string root, string path, int index)
    {
        var directory = Path.GetFullPath(app.AppDirPath ?? throw new ConfigurationException($"{path}: app {index + 1} has no appDirPath."), root);
        if (app.Command is not { Count: > 0 } command)
        {
            throw new ConfigurationException($"{path}: app {app.AppId ?? directory} has no command.");
        }

        return new AppSpec
        {
            AppId = app.AppId ?? Path.GetFileName(directory),
            Directory = directory,
            Command = command,
            AppPort = app.AppPort,
            DaprHttpPort = app.DaprHttpPort ?? FirstHttpPort + index,
            DaprGrpcPort = app.DaprGrpcPort ?? FirstGrpcPort + index,
            MaxRequestMegabytes = app.MaxRequestSize ?? common.MaxRequestSize ?? 4,
            Environment = Merge(common.Env, app.Env),
        };
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string>? common, Dictionary<string, string>? own)
    {
        var merged = new Dictionary<string, string>(common ?? []);
        foreach (var (name, value) in own ?? [])
        {
            merged[name] = value;
        }

        return merged;
    }

    private sealed class TemplateFile
    {
        public int Version { get; set; }

        public EntryDefaults Common { get; set; } = new();

        public List<AppEntry> Apps { get; set; } = [];
    }

    private class EntryDefaults
    {
        public Dictionary<string, string>? Env { get; set; }

        [YamlMember(Alias = "daprHTTPMaxRequestSize", ApplyNamingConventions = false)]
        public int? MaxRequestSize { get; set; }
    }

    private sealed class AppEntry : EntryDefaults
    {
        [YamlMember(Alias = "appID", ApplyNamingConventions = false)]
        public string? AppId { get; set; }

        public string? AppDirPath { get; set; }

        public List<string>? Command { get; set; }

        public int AppPort { get; set; }

        [YamlMember(Alias = "daprHTTPPort", ApplyNamingConventions = false)]
        public int? DaprHttpPort { get; set; }

        [YamlMember(Alias = "daprGRPCPort", ApplyNamingConventions = false)]
        public int? DaprGrpcPort { get; set; }
    }
}
