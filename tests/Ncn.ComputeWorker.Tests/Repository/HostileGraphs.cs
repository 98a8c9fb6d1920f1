using Google.Protobuf;
using Ncn.Tests.Models;
using Ncn.Tests.Models.Onnx;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.ComputeWorker.Tests.Repository;

/// <summary>ONNX graphs that mean harm, under digests that are right.</summary>
internal static class HostileGraphs
{
    private const long Terabytes = 1L << 42;

    public static IReadOnlyList<Spoiler> All { get; } =
    [
        Weight("a huge initialiser without data", "declares", tensor => { tensor.RawData = ByteString.Empty; Resize(tensor, Terabytes); }),
        Weight("a huge initialiser with a little data", "declares", tensor => Resize(tensor, Terabytes)),
        Weight("dimensions whose product overflows", "declares", tensor => tensor.Dims.Add([1L << 40, 1L << 40, 1L << 40])),
        Weight("a negative dimension", "has the dimension", tensor => Resize(tensor, -4)),
        Weight("an initialiser of no type", "", tensor => tensor.DataType = 99),
        Weight("data out of the folder", "which is not among the files", tensor => External(tensor, "../../good/1/model.onnx")),
        Weight("data anywhere", "which is not among the files", tensor => External(tensor, "/etc/passwd")),
        Weight("data by a crooked path", "which is not among the files", tensor => External(tensor, "./model.onnx/../../x")),
        Weight("data beyond its file", "is said to lie at byte", tensor => External(tensor, "model.onnx", ("offset", "999999999"), ("length", "64"))),
        Weight("data of absurd length", "is said to lie at byte", tensor => External(tensor, "model.onnx", ("offset", "0"), ("length", long.MaxValue.ToString()))),
        Weight("data of negative length", "is no number", tensor => External(tensor, "model.onnx", ("length", "-1"))),
        Graph("an unknown operator", "", graph => graph.Node[0].OpType = "FormatDisk"),
        Graph("an operator of an unknown domain", "", graph => graph.Node[0].Domain = "evil.example"),
        Graph("a cycle", "", graph => graph.Node[0].Input[0] = graph.Node[^1].Output[0]),
        Graph("a node that reads itself", "", graph => graph.Node[0].Input[0] = graph.Node[0].Output[0]),
        Graph("an input from nowhere", "", graph => graph.Node[0].Input[0] = "nowhere"),
        Graph("the same output twice", "", graph => graph.Node.Add(graph.Node[0].Clone())),
        Graph("no outputs", "", graph => graph.Output.Clear()),
        Graph("no nodes", "", graph => graph.Node.Clear()),
        Graph("a graph of nothing", "", graph => { graph.Node.Clear(); graph.Initializer.Clear(); graph.Input.Clear(); graph.Output.Clear(); }),
        Graph("thousands of loose nodes", null, graph => graph.Node.Add(Enumerable.Range(0, 5000).Select(i => Node("Identity", "input", $"loose{i}")))),
        Raw("graphs within graphs without end", "nested more than", Nested),
        Raw("a length beyond the file", "cut off or damaged", [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
        Raw("a number without end", "cut off or damaged", [.. Enumerable.Repeat((byte)0xFF, 64)]),
        Raw("a text", "it is no ONNX model", "GET / HTTP/1.1\r\n\r\n"u8.ToArray()),
        Computes("a fill of terabytes", null, graph => graph.Add("ConstantOfShape", [graph.Weight("shape", [Terabytes], 1)], "filled")),
        Computes("a range without end", null, graph => graph.Add(
            "Range", [graph.Weight("start", [0L]), graph.Weight("limit", [Terabytes]), graph.Weight("delta", [1L])], "filled")),
        Computes("a division by nothing", null, graph => graph.Add("Div", [graph.Weight("one", [1L], 1), graph.Weight("nothing", [0L], 1)], "filled")),
        Computes("the least number by minus one", null, graph => graph.Add("Div", [graph.Weight("least", [long.MinValue], 1), graph.Weight("minus", [-1L], 1)], "filled")),
        Computes("a row that is not there", null, graph => graph.Add("Gather", [graph.Weight("rows", [1L, 2L], 2), graph.Weight("at", [long.MaxValue], 1)], "filled")),
        Computes("a tiling of terabytes", null, graph => graph.Add("Tile", [graph.Weight("cell", [1L], 1), graph.Weight("times", [Terabytes], 1)], "filled")),
    ];

    /// <summary>Spoils the first weight of the healthy graph.</summary>
    private static Spoiler Weight(string title, string? words, Action<TensorProto> spoil) => Graph(title, words, graph => spoil(graph.Initializer[0]));

    private static Spoiler Graph(string title, string? words, Action<GraphProto> spoil) => new(title, words, folder =>
    {
        ModelProto model = MlpModel.Graph([4, 8, 2]).Build();
        spoil(model.Graph);
        folder.Raw(model.ToByteArray());
    });

    /// <summary>A healthy input, and a second output that asks for the impossible.</summary>
    private static Spoiler Computes(string title, string? words, Action<OnnxGraph> add) => new(title, words, folder =>
    {
        OnnxGraph graph = MlpModel.Graph([4, 8, 2]);
        add(graph);
        graph.Output("filled", DataType.Int64, "many");
        folder.Graph(graph);
    });

    private static Spoiler Raw(string title, string words, byte[] model) => new(title, words, folder => folder.Raw(model));

    private static void Resize(TensorProto tensor, long size)
    {
        tensor.Dims.Clear();
        tensor.Dims.Add(size);
    }

    private static void External(TensorProto tensor, string location, params (string Key, string Value)[] more)
    {
        tensor.ClearRawData();
        tensor.DataLocation = DataLocation.External;
        foreach ((string key, string value) in more.Prepend(("location", location)))
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }

    private static NodeProto Node(string op, string input, string output) => new() { Name = output, OpType = op, Input = { input }, Output = { output } };

    /// <summary>ModelProto.graph (7) of GraphProto.node (1) of NodeProto.attribute (5) of AttributeProto.g (6), 500 times.</summary>
    private static byte[] Nested
    {
        get
        {
            byte[] graph = [];
            for (int i = 0; i < 500; i++)
            {
                graph = Field(1, Field(5, Field(6, graph)));
            }

            return Field(7, graph);
        }
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var writer = new CodedOutputStream(bytes, leaveOpen: true))
        {
            writer.WriteTag(number, WireFormat.WireType.LengthDelimited);
            writer.WriteBytes(UnsafeByteOperations.UnsafeWrap(content));
        }

        return bytes.ToArray();
    }
}
