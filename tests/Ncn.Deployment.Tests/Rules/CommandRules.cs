using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>
/// Every command of another's tool in the guides, the workflows and the scripts is one that its documentation has, with options that it has
/// and those that it must have (<c>Schemas/commands.json</c>). Our own commands are parsed by our own command line (tests/Ncn.Client.Tests).
/// </summary>
internal static partial class CommandRules
{
    private const string Value = "VALUE";
    private static readonly string[] Guides = ["infra-bicep/README.md", "dapr/README.md"];
    private static readonly JsonElement Documented = Read();
    private static readonly Dictionary<string, string[]> Known = Documented.GetProperty("commands").EnumerateObject()
        .ToDictionary(command => command.Name, command => command.Value.EnumerateArray().Select(option => option.GetString()!).ToArray(), StringComparer.Ordinal);

    public static IEnumerable<string> Undocumented(DeploymentFiles deployment)
    {
        var commands = Texts(deployment).SelectMany(source => CommandsIn(source.Text).Select(command => (source.Path, Text: command))).ToArray();
        return commands.SelectMany(command => Problems(command.Text).Select(problem => $"{command.Path}: {problem}"))
            .Concat(Known.Keys.Except(commands.Select(command => NameOf(command.Text) ?? "")).Select(name => $"Schemas/commands.json lists '{name}', which nothing uses."));
    }

    private static string? NameOf(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Enumerable.Range(1, words.Length).Select(count => string.Join(' ', words[..count])).LastOrDefault(Known.ContainsKey);
    }

    private static IEnumerable<string> Problems(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (NameOf(command) is not { } name)
        {
            return [$"'{command}' is not among the commands of Schemas/commands.json: look its documentation up, and add it."];
        }

        var given = words.Where(word => word.StartsWith('-') && word.Length > 1).Select(word => word.Split('=')[0]).ToArray();
        var options = Known[name].Concat(Documented.GetProperty("everywhere").TryGetProperty(words[0], out var common) ? common.EnumerateArray().Select(option => option.GetString()!) : []).ToArray();
        return given.Where(option => !options.Contains(option) && !options.Contains(option + "!") && !IsOfTheContainer(name, words, option)).Select(option => $"'{name}' has no option {option}.")
            .Concat(given.Length == 0 ? [] : options.Where(option => option.EndsWith('!') && !given.Contains(option.TrimEnd('!'))).Select(option => $"'{name}' needs {option.TrimEnd('!')}: {command}"));
    }

    // What comes after -- is another program's.
    private static bool IsOfTheContainer(string name, string[] words, string option) =>
        name == "kubectl exec" && (option == "--" || Array.IndexOf(words, option) > Array.IndexOf(words, "--"));

    private static IEnumerable<(string Path, string Text)> Texts(DeploymentFiles deployment)
    {
        foreach (var guide in Guides)
        {
            var text = deployment[guide];
            yield return (guide, string.Join('\n', Block().Matches(text).Where(match => match.Groups[1].Length == 0).Select(match => match.Groups[2].Value)) + "\n" + string.Join('\n', Span().Matches(Block().Replace(text, "")).Select(match => match.Groups[1].Value)));
        }

        foreach (var path in deployment.Under("infra-bicep/", ".sh").Concat(deployment.Under(".github/workflows/", ".yml")))
        {
            yield return (path, Expression().Replace(Comment().Replace(deployment[path], ""), Value));
        }
    }

    // Innermost first: what is in $(…) is a command of its own, and a value where it stands; so is a text in quotes, which may hold commands itself.
    private static List<string> CommandsIn(string text)
    {
        var found = new List<string>();
        for (var inner = Substitution().Match(text); inner.Success; inner = Substitution().Match(text))
        {
            found.AddRange(CommandsIn(inner.Groups[1].Value));
            text = text.Remove(inner.Index, inner.Length).Insert(inner.Index, Value);
        }

        foreach (Match quoted in Quoted().Matches(text))
        {
            found.AddRange(quoted.Value.Contains("kubectl ", StringComparison.Ordinal) ? CommandsIn(quoted.Value[1..^1]) : []);
        }

        foreach (var line in Quoted().Replace(text.Replace("\\\n", " ", StringComparison.Ordinal), Value).Split('\n'))
        {
            foreach (var part in Separator().Split(LineComment().Replace(line, "")))
            {
                found.AddRange(Tool().Match(part) is { Success: true } command ? [command.Groups[1].Value.Trim()] : []);
            }
        }

        return found;
    }

    private static JsonElement Read()
    {
        using var document = JsonDocument.Parse(DeploymentFiles.Read("tests/Ncn.Deployment.Tests/Schemas/commands.json"));
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"\$\{\{[^}]*\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s#\s?.*$")]
    private static partial Regex LineComment();

    [GeneratedRegex(@"\$\(([^()]*(?:\([^()$]*\)[^()]*)*)\)")]
    private static partial Regex Substitution();

    [GeneratedRegex(@"""(?:[^""\\]|\\.)*""|'[^'\n]*'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\|\||&&|;|\||>")]
    private static partial Regex Separator();

    // At the beginning of a command, after settings and words of the shell or of the workflow.
    [GeneratedRegex(@"^[\s{]*(?:- )?(?:run: )?(?:run VALUE|(?:\w+\(\) \{ )?(?:\w+=\S* )*)((?:az|docker|cosign|syft|kubectl|curl|dapr|npm) (?!…)[^}]*)")]
    private static partial Regex Tool();
}
