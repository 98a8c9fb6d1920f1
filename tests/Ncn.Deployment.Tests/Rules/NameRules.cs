using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ncn.Deployment.Tests.Bicep;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>Names that code, Dapr files, host.json, emulator and Bicep must agree on, each read from where it is used.</summary>
internal static partial class NameRules
{
    /// <summary>Topics, queues, tables, containers and bindings that the code uses are the ones that Bicep makes.</summary>
    public static IEnumerable<string> UnlikeCode(DeploymentFiles deployment)
    {
        var made = BicepModel.Of(deployment).Files["infra-bicep/names.bicep"];
        string[] Fixed(string name) => made.Find("var", "fixed")!.Value!.At(name) is { Array: { } several } ? [.. several.Select(item => item.Written)] : [made.Find("var", "fixed")!.Value!.At(name)?.Written ?? ""];
        string Made(string function, string argument) => made.Find("func", function)!.Value!.Written.Replace($"${{{argument}}}", "*", StringComparison.Ordinal);
        return new[]
        {
            Missing("topic", CodeTexts("dapr/Ncn.Registry/Hosting/Topics.cs", @"(?:Mempool|Results) = ""([^""]+)"""), Fixed("topics")),
            Missing("topic with a subscription", CodeTexts("dapr/Ncn.Registry/Hosting/NcnRegistry.cs", @"WithTopic\(Topics\.PubSub, Topics\.(\w+)\)").Select(name => name.ToLowerInvariant()), Fixed("registrySubscriptions")),
            Missing("pub/sub component", CodeTexts("dapr/Ncn.Registry/Hosting/Topics.cs", @"PubSub = ""([^""]+)"""), Fixed("pubsub")),
            Missing("pub/sub component", CodeTexts("components/Ncn.Serving/Queueing/JobPublisher.cs", @"PubSub = ""([^""]+)"""), Fixed("pubsub")),
            Missing("topic", CodeTexts("components/Ncn.Serving/Queueing/JobPublisher.cs", @"Topic = ""([^""]+)"""), Fixed("topics")),
            Missing("topic", CodeTexts("dapr/Ncn.Validator/Hosting/ConsensusTopic.cs", @"Name = ""([^""]+)"""), Fixed("topics")),
            Missing("queue", CodeTexts("functions/Ncn.ChainEvents/Pump/NoticeSender.cs", @"Name = ""([^""]+)"""), Fixed("chainEventsQueue")),
            Missing("table", CodeTexts("functions/Ncn.ChainEvents/Storage/Tables.cs", @"GetAsync\(""([^""]+)""\)"), Fixed("tables")),
            Missing("binding", CodeTexts("dapr/Ncn.Registry/Mempool/WorkQueue.cs", @"\$""(work-\{subnetName\})""").Select(Starred), [Made("workQueue", "subnet")]),
            Missing("container", CodeTexts("components/Ncn.Serving/Batches/BatchServices.cs", @"\$""(ncn-subnet-\{[^""]+)"""
                ).Select(Starred), [Made("subnetContainer", "number")]),
            Missing("app id", CodeTexts("components/Ncn.Serving/Routing/Peers/Discovered/PeerDiscoveryOptions.cs", @"Registry \{ get; set; \} = ""([^""]+)"""), Fixed("registryApp")),
        }.SelectMany(each => each);
    }

    /// <summary>The queue of the chain events is on Azure what it is in the emulator's file, property by property.</summary>
    public static IEnumerable<string> UnlikeEmulator(DeploymentFiles deployment)
    {
        using var file = JsonDocument.Parse(deployment["dapr/servicebus.json"]);
        var queue = file.RootElement.GetProperty("UserConfig").GetProperty("Namespaces")[0].GetProperty("Queues").EnumerateArray().Single();
        var made = BicepModel.Of(deployment).Files["infra-bicep/modules/service-bus.bicep"].Find("resource", "chainEvents")!.Value!.At("properties")!;
        string[] name = queue.GetProperty("Name").GetString() == Fixed(deployment, "chainEventsQueue") ? [] : ["dapr/servicebus.json has another queue than names.bicep."];
        return [.. queue.GetProperty("Properties").EnumerateObject().Select(property => (property.Name, Local: Lower(property.Value.ToString()), Azure: made.At(char.ToLowerInvariant(property.Name[0]) + property.Name[1..])?.Written))
            .Where(each => !string.Equals(each.Local, each.Azure, StringComparison.OrdinalIgnoreCase))
            .Select(each => $"The queue chain-events has {each.Name} {each.Local} in dapr/servicebus.json and {each.Azure ?? "nothing"} in modules/service-bus.bicep.")
            .Concat(name)];
    }

    /// <summary>What Dapr is told of topics and queues on Azure has the names that Bicep makes.</summary>
    public static IEnumerable<string> UnlikeDapr(DeploymentFiles deployment)
    {
        var topics = BicepModel.Of(deployment).Files["infra-bicep/names.bicep"].Find("var", "fixed")!.Value!.At("topics")!.Array!.Select(item => item.Written).ToArray();
        var pubsubs = Yaml.Documents(deployment["dapr/components/azure/pubsub.yaml"]);
        var scoped = new[] { "publishingScopes", "subscriptionScopes" }.SelectMany(name => Metadata(pubsubs[0], name).Split(';')).SelectMany(scope => scope.Split('=')[1].Split(',', StringSplitOptions.RemoveEmptyEntries));
        var allowed = pubsubs.SelectMany(pubsub => Metadata(pubsub, "allowedTopics").Split(',')).ToArray();
        return scoped.Concat(allowed).Except(topics).Select(topic => $"dapr/components/azure/pubsub.yaml names the topic {topic}, which Bicep does not make.")
            .Concat(topics.Except(allowed).Select(topic => $"dapr/components/azure/pubsub.yaml does not allow the topic {topic}."))
            .Concat(from path in deployment.Under("dapr/components/azure/work-", ".yaml")
                    from component in Yaml.Documents(deployment[path])
                    let name = component.Text("metadata", "name")!
                    where Metadata(component, "queueName") != name
                    select $"{path}: the queue of {name} is called {Metadata(component, "queueName")}, and Bicep calls it {name}.");
    }

    /// <summary>Every setting that a deployment makes is one that the code reads.</summary>
    public static IEnumerable<string> UnknownSettings(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", ".bicep", ".yaml").Concat(["dapr/compose.yaml", "dapr/dapr.yaml", "dapr/emulators.env", .. Dockerfiles(deployment)])
        from setting in SettingName().Matches(deployment[path]).Select(match => match.Value).Distinct()
        where !ReadSettings.GetOrAdd(setting, name => IsRead(name.Split("__")))
        select $"{path}: no code reads the setting {setting}.";

    /// <summary>The Functions host is given the settings that its files ask for.</summary>
    public static IEnumerable<string> HostSettings(DeploymentFiles deployment)
    {
        foreach (var app in new[] { "Gateway", "ChainEvents" })
        {
            using var host = JsonDocument.Parse(deployment[$"functions/Ncn.{app}/host.json"]);
            foreach (var field in host.RootElement.EnumerateObject().Select(field => field.Name).Except(["version", "telemetryMode", "extensions", "functionTimeout", "healthMonitor", "singleton", "logging", "concurrency"]))
            {
                yield return $"functions/Ncn.{app}/host.json: {field} is no field of host.json that is used here.";
            }

            var modules = deployment[$"infra-bicep/modules/{(app == "Gateway" ? "subnet" : "core")}-apps.bicep"];
            foreach (var setting in new[] { "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "FUNCTIONS_WORKER_RUNTIME" }.Where(setting => !modules.Contains($"'{setting}'", StringComparison.Ordinal)))
            {
                yield return $"The app {app} is not given {setting}.";
            }
        }
    }

    private static string Fixed(DeploymentFiles deployment, string name) => BicepModel.Of(deployment).Files["infra-bicep/names.bicep"].Find("var", "fixed")!.Value!.At(name)!.Written;

    private static IEnumerable<string> Missing(string what, IEnumerable<string> used, string[] made)
    {
        var names = used.ToArray();
        return names.Length == 0 ? [$"The code's {what} was not found where it used to be: change the pattern in this test."]
            : names.Except(made).Select(name => $"The code uses the {what} {name}; names.bicep has {string.Join(", ", made)}.");
    }

    private static IEnumerable<string> CodeTexts(string path, string pattern) => Regex.Matches(DeploymentFiles.Code[path], pattern).Select(match => match.Groups[1].Value);

    private static string Starred(string interpolated) => Interpolation().Replace(interpolated, "*");

    private static string Lower(string value) => value is "True" or "False" ? value.ToLowerInvariant() : value;

    private static string Metadata(YamlDotNet.RepresentationModel.YamlNode component, string name) =>
        component.Items("spec", "metadata").FirstOrDefault(item => item.Text("name") == name).Text("value") ?? "";

    private static IEnumerable<string> Dockerfiles(DeploymentFiles deployment) => deployment.Under("", "Dockerfile");

    // A literal key, a property of an options class, or a value that ChainSettings reads by its name.
    private static bool IsRead(string[] parts)
    {
        var words = parts.Where(part => !int.TryParse(part, out _)).ToArray();
        var key = string.Join(':', words);
        var last = words[^1];
        return DeploymentFiles.Code.Values.Any(code => code.Contains($"\"{key}\"", StringComparison.Ordinal))
            || Sources(words).Any(code => Regex.IsMatch(code, $@"\bpublic [\w?<>\[\]\. ]+ {last}\b|Read\w+\(""{last}""|nameof\(standard\.{last}\)"))
            || HostsOwn.Contains(key);
    }

    private static readonly ConcurrentDictionary<string, bool> ReadSettings = new(StringComparer.Ordinal);

    private static readonly string[] HostsOwn = ["Ncn:ServiceBus:credential", "Ncn:ServiceBus:clientId", "Ncn:ServiceBus:fullyQualifiedNamespace"];

    // Where the options of a section are: in a file that binds it, or beside that file.
    private static IEnumerable<string> Sources(string[] words) => words[1] switch
    {
        "Chain" => Under("components/Ncn.Chain/"),
        "Worker" => words.Length > 3 ? Under("components/Ncn.Inference/") : Under("compute-worker/"),
        "Gateway" => Under("components/Ncn.Serving/"),
        "Stream" => Under("components/Ncn.Serving/Streaming/"),
        "ChainEvents" => Under("functions/Ncn.ChainEvents/"),
        "Discovery" => Under("dapr/Ncn.Registry/Discovery/"),
        "Validator" => Under("dapr/Ncn.Validator/"),
        "Keys" or "State" or "Network" or "Operator" => Under("compute-worker/Ncn.ComputeWorker/NetworkOptions.cs"),
        _ => DeploymentFiles.Code.Values,
    };

    private static IEnumerable<string> Under(string folder) => DeploymentFiles.Code.Where(file => file.Key.StartsWith(folder, StringComparison.Ordinal)).Select(file => file.Value);

    [GeneratedRegex(@"\bNcn__\w+")]
    private static partial Regex SettingName();

    [GeneratedRegex(@"\{.+\}+")]
    private static partial Regex Interpolation();
}
