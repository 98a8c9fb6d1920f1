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

    /// <summary>A main file beyond this is left as it is: all of it is held in memory for a moment. Weights in files of their own do not count.</summary>
    private const long MaxBytes = 256 << 20;

    private const int Graph = 7;
    private const int Int64 = 7;
    private const int IntegerAttribute = 2;

    /// <summary>The edited model; null when its graph has no such tail, or is too large.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model.</exception>
    public static byte[]? Apply(Stream file, string logits)
    {
        if (file.Length > MaxBytes || OnnxGraphReader.Read(file) is not [var graph] || Taken(graph) || TokenwiseTail.Find(graph, logits) is not { } tail)
        {
            return null;
        }

        (OnnxPlace Place, byte[] New)[] changes = [.. tail.Nodes.Where(node => node.Inputs.Any(tail.Enters.Contains)).Select(node => (node.Place, Changed(file, node, tail.Enters)))];
        byte[] added = Added(tail.Enters);
        long length = graph.Place.End - graph.Place.Start + added.Length + changes.Sum(change => change.New.Length - (change.Place.End - change.Place.Field));
        var pieces = new Pieces(file);
        pieces.Replace(graph.Place.Field, graph.Place.Start, new ProtobufWriter().Head(Graph, length).ToArray());
        foreach ((OnnxPlace place, byte[] bytes) in changes)
        {
            pieces.Replace(place.Field, place.End, bytes);
        }

        pieces.Replace(graph.Place.End, graph.Place.End, added);
        pieces.Keep(file.Length);
        return pieces.Joined();
    }

    private static string Gathered(string name) => $"{name}/{Places}";

    private static bool Taken(OnnxScope graph) => graph.Nodes.SelectMany(node => node.Outputs).Concat(graph.Inputs).Any(name => name.EndsWith(Places, StringComparison.Ordinal));

    /// <summary>A node that reads what was gathered. NodeProto: input = 1.</summary>
    private static byte[] Changed(Stream file, OnnxNode node, IReadOnlyList<string> enters)
    {
        var rest = new ProtobufWriter();
        file.Position = node.Place.Start;
        var reader = new ProtobufReader(file);
        long from = file.Position;
        while (reader.Next(node.Place.End) is var (field, type, at))
        {
            reader.Skip(type, at);
            if (field != 1)
            {
                var bytes = new byte[file.Position - from];
                file.Position = from;
                file.ReadExactly(bytes);
                rest.Raw(bytes);
            }

            from = file.Position;
        }

        var changed = new ProtobufWriter();
        foreach (string input in node.Inputs)
        {
            changed.Text(1, enters.Contains(input) ? Gathered(input) : input);
        }

        return new ProtobufWriter().Message(1, changed.Raw(rest.ToArray())).ToArray();
    }

    /// <summary>GraphProto: node = 1, input = 11. NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5. AttributeProto: name = 1, i = 3, type = 20.</summary>
    private static byte[] Added(IReadOnlyList<string> enters)
    {
        var added = new ProtobufWriter();
        ProtobufWriter axis = new ProtobufWriter().Text(1, "axis").Number(3, 1).Number(20, IntegerAttribute);
        foreach (string name in enters)
        {
            added.Message(1, new ProtobufWriter().Text(1, name).Text(1, Places).Text(2, Gathered(name)).Text(3, Gathered(name)).Text(4, "Gather").Message(5, axis));
        }

        // ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its elem_type = 1, shape = 2; its dim = 1; its dim_param = 2.
        ProtobufWriter shape = new ProtobufWriter().Message(1, new ProtobufWriter().Text(2, Places));
        ProtobufWriter type = new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, Int64).Message(2, shape));
        return added.Message(11, new ProtobufWriter().Text(1, Places).Message(2, type)).ToArray();
    }

    /// <summary>A file in parts that are kept, each followed by something new.</summary>
    private sealed class Pieces(Stream file)
    {
        private readonly List<(long Start, long End, byte[] New)> _pieces = [];
        private long _at;

        public void Keep(long end) => Replace(end, end, []);

        public void Replace(long start, long end, byte[] bytes)
        {
            _pieces.Add((_at, start, bytes));
            _at = end;
        }

        public byte[] Joined()
        {
            var whole = new byte[_pieces.Sum(piece => piece.End - piece.Start + piece.New.Length)];
            int at = 0;
            foreach ((long start, long end, byte[] bytes) in _pieces)
            {
                file.Position = start;
                file.ReadExactly(whole.AsSpan(at, (int)(end - start)));
                at += (int)(end - start);
                bytes.CopyTo(whole, at);
                at += bytes.Length;
            }

            return whole;
        }
    }
}
