using System.Globalization;
using System.Text;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>Tells JSON values apart by what they are, as far as that is plain.</summary>
internal static class ValueKinds
{
    /// <summary>What a node's values begin with: one letter for each kind.</summary>
    public static IEnumerable<char> Of(SchemaNode node) => node switch
    {
        SchemaNode.Text or SchemaNode.Pattern => ['"'],
        SchemaNode.Number => ['0'],
        SchemaNode.Array => ['['],
        SchemaNode.Object => ['{'],
        SchemaNode.Literals literals => literals.Values.Select(Of),
        _ => [],
    };

    /// <summary>True when two spelled values are surely different JSON values.</summary>
    public static bool Differ(byte[] left, byte[] right) => Of(left) != Of(right) || Of(left) switch
    {
        '"' => !left.AsSpan().SequenceEqual(right),
        '0' => Number(left) != Number(right),
        _ => false,
    };

    private static char Of(byte[] value) => (char)value[0] is '-' or (>= '0' and <= '9') ? '0' : (char)value[0];

    private static double Number(byte[] value) => double.Parse(Encoding.ASCII.GetString(value), NumberStyles.Float, CultureInfo.InvariantCulture);
}
