using System.Text;
using System.Text.Json;

namespace Ncn.OpenInference.Json;

/// <summary>Which members of an object came already: none may come twice, for parsers disagree about which one counts.</summary>
internal struct SeenMembers(string owner)
{
    private int _seen;

    /// <summary>True when the reader stands on the member of this name, which is then marked as seen and its value is entered.</summary>
    public bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name, int bit)
    {
        if (!json.ValueTextEquals(name))
        {
            return false;
        }

        if (Has(bit))
        {
            throw new OpenInferenceException($"{Encoding.UTF8.GetString(name)} is given twice in {owner}.");
        }

        _seen |= 1 << bit;
        json.Read();
        return true;
    }

    public readonly bool Has(int bit) => (_seen & (1 << bit)) != 0;
}
