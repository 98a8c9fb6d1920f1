namespace Ncn.Inference.Generation.Constraints;

/// <summary>A set of JSON values, compiled from a schema. Nodes name each other by index, so schemas may be recursive.</summary>
internal abstract record SchemaNode
{
    private SchemaNode()
    {
    }

    /// <summary>The schema did not say the type: other values would fit it too, but are never made.</summary>
    public bool IsNarrowed { get; private init; }

    public SchemaNode Narrowed(bool narrowed) => this with { IsNarrowed = narrowed };

    /// <summary>Values of any of the nodes; with one option, a reference.</summary>
    public sealed record AnyOf(IReadOnlyList<int> Options) : SchemaNode;

    /// <summary>Some given values, in one spelling each.</summary>
    public sealed record Literals(IReadOnlyList<byte[]> Values) : SchemaNode
    {
        public ByteTrie Spellings { get; } = new(Values.Select((value, index) => (value, index)));
    }

    /// <summary>Strings of a length in code points.</summary>
    public sealed record Text(int Least, int Most) : SchemaNode;

    /// <summary>Strings that fit a pattern; the table reads their JSON spelling between the quotes.</summary>
    public sealed record Pattern(ByteTable Spellings) : SchemaNode;

    /// <summary>Numbers.</summary>
    public sealed record Number(NumberRange Range) : SchemaNode;

    /// <summary>Arrays: the first items by position, the others all alike.</summary>
    /// <param name="Others">Node of the items after <paramref name="First"/>.</param>
    public sealed record Array(IReadOnlyList<int> First, int Others, int Least, int Most) : SchemaNode
    {
        public int Item(int index) => index < First.Count ? First[index] : Others;
    }

    /// <summary>Objects: the named properties in the schema's order, then others if they are allowed.</summary>
    /// <param name="Others">Node of properties without a name in the schema; null when there may be none.</param>
    public sealed record Object(IReadOnlyList<Property> Properties, int? Others) : SchemaNode
    {
        private readonly int[] _nextRequired = NextRequired(Properties);

        /// <summary>The names' JSON spellings, with the property's index as their value.</summary>
        public ByteTrie Names { get; } = new(Properties.Select((property, index) => (JsonSpelling.Of(property.Name)[1..^1], index)));

        /// <summary>The first required property at or after an index; the number of properties when there is none.</summary>
        public int RequiredFrom(int index) => _nextRequired[index];

        private static int[] NextRequired(IReadOnlyList<Property> properties)
        {
            var next = new int[properties.Count + 1];
            next[^1] = properties.Count;
            for (int i = properties.Count - 1; i >= 0; i--)
            {
                next[i] = properties[i].Required ? i : next[i + 1];
            }

            return next;
        }
    }

    /// <summary>One property of an object.</summary>
    public sealed record Property(string Name, int Node, bool Required);
}
