using System.Text.RegularExpressions;
using Ncn.Cli;
using Ncn.Tests.Anvil;

namespace Ncn.Client.Tests.Cli;

/// <summary>Every ./ncn command that a guide tells a person to type is one that the command line takes, with the options that it has.</summary>
public sealed partial class GuideTests
{
    public static TheoryData<string> Guides => ["README.md", "infra-bicep/README.md", "dapr/README.md", "components/Ncn.Cli/README.md"];

    [Theory]
    [MemberData(nameof(Guides))]
    public void Commands_of_a_guide_are_taken(string guide)
    {
        var (ours, script) = (NcnCommand.Create(), File.ReadAllText(Path.Combine(Repository.Root, "ncn")));
        var commands = CommandsIn(File.ReadAllText(Path.Combine(Repository.Root, guide))).ToArray();
        Assert.NotEmpty(commands);
        Assert.All(commands, command =>
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (ours.Subcommands.Any(each => each.Name == words[0]))
            {
                var errors = ours.Parse(words).Errors.Select(error => error.Message).ToArray();
                Assert.True(errors.Length == 0, $"{guide}: ./ncn {command}: {string.Join(' ', errors)}");
            }
            else
            {
                Assert.True(Regex.IsMatch(script, $@"^  {Regex.Escape(words[0])}\)|^  up \|.*{Regex.Escape(words[0])}", RegexOptions.Multiline), $"{guide}: ./ncn has no command {words[0]}.");
            }
        });
    }

    // Lines to type, without their comments; a text in quotes is one word. What shows a form ([…], A|B) is not to be typed.
    private static IEnumerable<string> CommandsIn(string text) => Line().Matches(text).Select(match => Quoted().Replace(match.Groups[1].Value, "VALUE").Trim())
        .Where(command => command.Length > 0 && !command.AsSpan().ContainsAny("[|…\\"));

    [GeneratedRegex(@"^\./ncn ((?:[^#\n>]|(?<=\S)#)+?)(?:&&.*)?(?:\s+#.*)?$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("\"[^\"]*\"|'[^']*'")]
    private static partial Regex Quoted();
}
