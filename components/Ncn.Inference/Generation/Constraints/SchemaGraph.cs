namespace Ncn.Inference.Generation.Constraints;

/// <summary>What can be said about a compiled schema as a whole: its alternatives, the nesting that it needs, which parts exclude each other.</summary>
internal static class SchemaGraph
{
    private const int MaxCompared = 4096;

    /// <summary>Puts the final nodes in place of alternatives of alternatives, each once; a circle of references alone has no values.</summary>
    public static IReadOnlyList<SchemaNode> WithFlatAlternatives(IReadOnlyList<SchemaNode> nodes)
    {
        var flat = new SchemaNode[nodes.Count];
        int total = 0;
        for (int node = 0; node < nodes.Count; node++)
        {
            flat[node] = nodes[node];
            if (nodes[node] is SchemaNode.AnyOf)
            {
                List<int> options = Final(nodes, node);
                total += options.Count;
                flat[node] = new SchemaNode.AnyOf(options);
            }

            if (total > SchemaLimits.MaxNodes)
            {
                throw InferenceException.Invalid($"json_schema has more than {SchemaLimits.MaxNodes} alternatives.");
            }
        }

        return flat;
    }

    /// <summary>For each node the levels of nesting within its smallest value; beyond <see cref="JsonAutomaton.MaxDepth"/> when there is none.</summary>
    public static IReadOnlyList<int> Levels(IReadOnlyList<SchemaNode> nodes)
    {
        int[] levels = new int[nodes.Count];
        Array.Fill(levels, JsonAutomaton.MaxDepth + 1);
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int node = 0; node < nodes.Count; node++)
            {
                int found = Math.Min(LevelsOf(nodes[node], levels), JsonAutomaton.MaxDepth + 1);
                changed |= found < levels[node];
                levels[node] = Math.Min(levels[node], found);
            }
        }

        return levels;
    }

    /// <summary>Refuses a oneOf unless it is plain that no value fits two of its options.</summary>
    public static void CheckExclusive(IReadOnlyList<SchemaNode> nodes, SchemaKeywords schema, IReadOnlyList<int> options)
    {
        int compared = 0;
        for (int left = 0; left < options.Count; left++)
        {
            for (int right = left + 1; right < options.Count; right++)
            {
                if (++compared > MaxCompared || !Excludes(nodes, options[left], options[right], discriminators: true))
                {
                    throw schema.Refused($"the entries {left} and {right} of 'oneOf' are not plainly exclusive (by type, or by a required property with const or enum); say anyOf");
                }
            }
        }
    }

    private static int LevelsOf(SchemaNode node, int[] levels) => node switch
    {
        SchemaNode.AnyOf any => any.Options.Count == 0 ? int.MaxValue : any.Options.Min(option => levels[option]),
        SchemaNode.Array { Least: > 0 } array => 1 + Enumerable.Range(0, Math.Min(array.Least, array.First.Count + 1)).Max(index => levels[array.Item(index)]),
        SchemaNode.Object shape when shape.Properties.Any(property => property.Required) =>
            1 + shape.Properties.Where(property => property.Required).Max(property => levels[property.Node]),
        _ => 0,
    };

    private static List<int> Final(IReadOnlyList<SchemaNode> nodes, int start)
    {
        var seen = new HashSet<int> { start };
        var open = new Stack<int>([start]);
        var final = new List<int>();
        while (open.TryPop(out int node))
        {
            if (nodes[node] is not SchemaNode.AnyOf any)
            {
                final.Add(node);
                continue;
            }

            foreach (int option in any.Options.Reverse().Where(seen.Add))
            {
                open.Push(option);
            }
        }

        return final;
    }

    private static bool Excludes(IReadOnlyList<SchemaNode> nodes, int left, int right, bool discriminators) =>
        Options(nodes, left).All(one => Options(nodes, right).All(other => PlainlyDiffer(nodes, nodes[one], nodes[other], discriminators)));

    private static IReadOnlyList<int> Options(IReadOnlyList<SchemaNode> nodes, int node) => nodes[node] is SchemaNode.AnyOf any ? any.Options : [node];

    private static bool PlainlyDiffer(IReadOnlyList<SchemaNode> nodes, SchemaNode left, SchemaNode right, bool discriminators) => (left, right) switch
    {
        ({ IsNarrowed: true }, _) or (_, { IsNarrowed: true }) => false,
        (SchemaNode.Literals one, SchemaNode.Literals other) => one.Values.All(value => other.Values.All(twin => ValueKinds.Differ(value, twin))),
        (SchemaNode.Object one, SchemaNode.Object other) => discriminators && one.Properties.Any(property => property.Required && other.Properties.Any(twin =>
            twin.Required && twin.Name == property.Name && Excludes(nodes, property.Node, twin.Node, discriminators: false))),
        _ => !ValueKinds.Of(left).Intersect(ValueKinds.Of(right)).Any(),
    };
}
