using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>
/// The part of the CEL rules that routing needs: <c>event.path == "text"</c> and <c>!=</c>, joined by <c>&amp;&amp;</c>
/// and <c>||</c>. Anything else is refused when the subscription is read, not silently never matched.
/// </summary>
internal sealed partial class EventMatch
{
    private readonly List<List<Comparison>> anyOfAll;

    private EventMatch(string text, List<List<Comparison>> anyOfAll)
    {
        Text = text;
        this.anyOfAll = anyOfAll;
    }

    public string Text { get; }

    public static EventMatch? Parse(string? text) =>
        string.IsNullOrWhiteSpace(text)
            ? null
            : new EventMatch(text, [.. text.Split("||").Select(part => part.Split("&&").Select(Comparison.Parse).ToList())]);

    public bool Holds(JsonElement cloudEvent) => anyOfAll.Any(all => all.TrueForAll(comparison => comparison.Holds(cloudEvent)));

    [GeneratedRegex("""^\s*event\.([A-Za-z0-9_.]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(-?\d+(?:\.\d+)?|true|false))\s*$""")]
    private static partial Regex Shape();

    private sealed record Comparison(string[] Path, bool Equal, string Value)
    {
        public static Comparison Parse(string text)
        {
            var match = Shape().Match(text);
            if (!match.Success)
            {
                throw new FormatException($"the rule '{text.Trim()}' is not understood; the local runtime knows event.<path> == \"text\", !=, && and ||");
            }

            var value = match.Groups[3].Value + match.Groups[4].Value + match.Groups[5].Value;
            return new Comparison(match.Groups[1].Value.Split('.'), match.Groups[2].Value == "==", value);
        }

        public bool Holds(JsonElement cloudEvent)
        {
            var found = cloudEvent;
            foreach (var name in Path)
            {
                if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
                {
                    return !Equal;
                }
            }

            return (found.ToString().Equals(Value, StringComparison.Ordinal) || IsSameBoolean(found)) == Equal;
        }

        private bool IsSameBoolean(JsonElement found) =>
            found.ValueKind is JsonValueKind.True or JsonValueKind.False && found.GetRawText() == Value;
    }
}
