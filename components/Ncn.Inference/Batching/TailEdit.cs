using Ncn.Inference.Operators;
using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Batching;

/// <summary>
/// Gives a decoder's graph one more input: the places, within a run's tokens, whose logits are wanted. What enters the graph's
/// <see cref="TokenwiseTail"/> is gathered at these places, so the tail works on as many tokens, and the logits are [batch, places, vocabulary].
/// </summary>
/// <remarks>Field numbers: onnx/onnx.proto, IR version 13.</remarks>
internal static class TailEdit
{
    /// <summary>The input: int64, one number for each place, from 0.</summary>
    public const string Places = "ncn.places";

    private const int Input = 1;
    private const int Int64 = 7;
    private const int IntegerAttribute = 2;

    /// <summary>Makes the edit; false when the graph has no such tail.</summary>
    public static bool Apply(GraphEdit edit, string logits)
    {
        if (Taken(edit.Scope) || TokenwiseTail.Find(edit.Scope, logits) is not { } tail)
        {
            return false;
        }

        foreach (OnnxNode node in tail.Nodes.Where(node => node.Inputs.Any(tail.Enters.Contains)))
        {
            var inputs = new ProtobufWriter();
            foreach (string input in node.Inputs)
            {
                inputs.Text(Input, tail.Enters.Contains(input) ? Gathered(input) : input);
            }

            edit.Change(node, without: Input, inputs);
        }

        Add(edit.ToGraph, tail.Enters);
        return true;
    }

    private static string Gathered(string name) => $"{name}/{Places}";

    private static bool Taken(OnnxScope graph) => graph.Nodes.SelectMany(node => node.Outputs).Concat(graph.Inputs).Any(name => name.EndsWith(Places, StringComparison.Ordinal));

    /// <summary>GraphProto: node = 1, input = 11. NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5. AttributeProto: name = 1, i = 3, type = 20.</summary>
    private static void Add(ProtobufWriter added, IReadOnlyList<string> enters)
    {
        ProtobufWriter axis = new ProtobufWriter().Text(1, "axis").Number(3, 1).Number(20, IntegerAttribute);
        foreach (string name in enters)
        {
            added.Message(1, new ProtobufWriter().Text(1, name).Text(1, Places).Text(2, Gathered(name)).Text(3, Gathered(name)).Text(4, "Gather").Message(5, axis));
        }

        // ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its elem_type = 1, shape = 2; its dim = 1; its dim_param = 2.
        ProtobufWriter shape = new ProtobufWriter().Message(1, new ProtobufWriter().Text(2, Places));
        ProtobufWriter type = new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, Int64).Message(2, shape));
        added.Message(11, new ProtobufWriter().Text(1, Places).Message(2, type));
    }
}
