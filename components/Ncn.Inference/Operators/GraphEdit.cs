using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Operators;

/// <summary>Changes to a model's graph, made where they stand in the file; the rest of the file stays as it is.</summary>
/// <remarks>Field numbers: onnx/onnx.proto, IR version 13.</remarks>
internal sealed class GraphEdit(Stream file, OnnxScope graph)
{
    private const int Graph = 7;

    private readonly List<(OnnxPlace Place, byte[] New)> _changes = [];
    private readonly ProtobufWriter _graphEnd = new();
    private readonly ProtobufWriter _modelEnd = new();

    public OnnxScope Scope => graph;

    /// <summary>True when something was changed.</summary>
    public bool IsAny => _changes.Count > 0;

    /// <summary>Writes fields of GraphProto that are added.</summary>
    public ProtobufWriter ToGraph => _graphEnd;

    /// <summary>Lets the graph have operators of a domain. ModelProto: opset_import = 8; OperatorSetIdProto: domain = 1, version = 2.</summary>
    public void Import(string domain) => _modelEnd.Message(8, new ProtobufWriter().Text(1, domain).Number(2, 1));

    /// <summary>True when the node is another one already.</summary>
    public bool IsChanged(OnnxNode node) => _changes.Exists(change => change.Place == node.Place);

    public void Remove(OnnxNode node) => _changes.Add((node.Place, []));

    /// <summary>Writes another node in a node's place.</summary>
    public void Replace(OnnxNode node, ProtobufWriter instead) => _changes.Add((node.Place, new ProtobufWriter().Message(1, instead).ToArray()));

    /// <summary>Writes a node again, with other contents of some fields of NodeProto.</summary>
    /// <param name="node">The node.</param>
    /// <param name="without">Fields that are left out.</param>
    /// <param name="instead">What stands in their place.</param>
    public void Change(OnnxNode node, int without, ProtobufWriter instead)
    {
        var rest = new ProtobufWriter();
        file.Position = node.Place.Start;
        var reader = new ProtobufReader(file);
        long from = file.Position;
        while (reader.Next(node.Place.End) is var (field, type, at))
        {
            reader.Skip(type, at);
            if (field != without)
            {
                var bytes = new byte[file.Position - from];
                file.Position = from;
                file.ReadExactly(bytes);
                rest.Raw(bytes);
            }

            from = file.Position;
        }

        Replace(node, instead.Raw(rest.ToArray()));
    }

    /// <summary>The model with its changes.</summary>
    public byte[] Joined()
    {
        byte[] added = _graphEnd.ToArray();
        long length = graph.Place.End - graph.Place.Start + added.Length + _changes.Sum(change => change.New.Length - (change.Place.End - change.Place.Field));
        var pieces = new Pieces(file);
        pieces.Replace(graph.Place.Field, graph.Place.Start, new ProtobufWriter().Head(Graph, length).ToArray());
        foreach ((OnnxPlace place, byte[] bytes) in _changes.OrderBy(change => change.Place.Field))
        {
            pieces.Replace(place.Field, place.End, bytes);
        }

        pieces.Replace(graph.Place.End, graph.Place.End, added);
        pieces.Replace(file.Length, file.Length, _modelEnd.ToArray());
        return pieces.Joined();
    }

    /// <summary>A file in parts that are kept, each followed by something new.</summary>
    private sealed class Pieces(Stream file)
    {
        private readonly List<(long Start, long End, byte[] New)> _pieces = [];
        private long _at;

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
