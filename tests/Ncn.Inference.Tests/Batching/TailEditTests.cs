using Google.Protobuf;
using Google.Protobuf.Collections;
using Ncn.Inference.Batching;
using Ncn.Inference.Generation;
using Ncn.Inference.Operators;
using Ncn.Inference.Repository;
using Ncn.Inference.Repository.Inspection;
using Ncn.Tests.Models.Onnx;

namespace Ncn.Inference.Tests.Batching;

/// <summary>The end of a decoder's graph is computed only for the tokens whose logits are wanted, where the graph allows it.</summary>
public sealed class TailEditTests : IDisposable
{
    private const string Logits = "logits";
    private static readonly int[] Tokens = [5, 17, 3, 99, 42, 8];

    private readonly string _root = Directory.CreateTempSubdirectory("ncn-tail-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public void The_tail_begins_after_the_last_attention()
    {
        TokenwiseTail tail = Assert.IsType<TokenwiseTail>(Find(Model()));
        Assert.Equal(["layers.0.sum", "layers.1.attention"], tail.Enters.Order(StringComparer.Ordinal));
        Assert.Equal(["layers.1.output", "layers.1.attended_sum"], tail.Nodes.Take(2).Select(node => node.Outputs[0]));
        Assert.Equal(Logits, tail.Nodes[^1].Outputs[0]);
    }

    [Fact]
    public void An_output_that_all_tokens_have_keeps_what_leads_to_it_out_of_the_tail()
    {
        TokenwiseTail tail = Assert.IsType<TokenwiseTail>(Find(Model(graph => graph.Output.Add(new ValueInfoProto { Name = "layers.1.sum" }))));
        Assert.Equal(["layers.1.sum"], tail.Enters);
    }

    [Theory]
    [InlineData("Softmax")]
    [InlineData("Reshape")]
    public void Logits_that_come_from_another_operator_have_no_tail(string last) =>
        Assert.Null(Find(Model(graph => graph.Node[^1].OpType = last)));

    [Fact]
    public void A_product_with_something_that_is_no_weight_is_no_tail() =>
        Assert.Null(Find(Model(graph => graph.Node[^1].Input[1] = "layers.0.sum")));

    [Fact]
    public void A_graph_with_graphs_in_it_is_left_alone() => // field 6 of an attribute is a graph
        Assert.Null(Find(Model(graph => graph.Node[0].Attribute.Add(AttributeProto.Parser.ParseFrom([0x32, 0])))));

    [Fact]
    public void A_name_that_is_taken_leaves_the_graph_as_it_is() =>
        Assert.Null(Edited(Model(graph => graph.Node[0].Output.Add("x/" + TailEdit.Places))));

    [Fact]
    public void Nothing_else_in_the_file_changes()
    {
        ModelProto before = Model();
        ModelProto after = ModelProto.Parser.ParseFrom(Edited(before));
        Assert.Equal(before.Graph.Initializer, after.Graph.Initializer);
        Assert.Equal(before.Graph.Node.Count + 2, after.Graph.Node.Count);
        Assert.Equal(TailEdit.Places, after.Graph.Input[^1].Name);
        foreach (NodeProto node in after.Graph.Node)
        {
            RepeatedField<string> inputs = node.Input;
            for (int i = 0; i < inputs.Count; i++)
            {
                inputs[i] = inputs[i].Replace("/" + TailEdit.Places, "", StringComparison.Ordinal);
            }
        }

        Assert.Equal(before.Graph.Node, after.Graph.Node.Take(before.Graph.Node.Count));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Logits_of_some_tokens_have_the_bits_that_those_of_all_have(bool shipped, bool externalWeights)
    {
        string folder = shipped ? EngineModels.TinyChat : EngineModels.Written(_root);
        if (externalWeights)
        {
            MoveWeights(folder);
        }

        using DecoderRuntime whole = Open(folder, GraphChanges.Operators);
        using DecoderRuntime chosen = Open(folder, GraphChanges.All);
        Assert.Equal((false, true), (whole.ChoosesLogits, chosen.ChoosesLogits));
        whole.Prefill(0, Tokens, 0, 0);
        foreach (int from in (int[])[0, 2, Tokens.Length - 1])
        {
            chosen.Prefill(0, Tokens, 0, from);
            for (int at = from; at < Tokens.Length; at++)
            {
                Assert.Equal(whole.Logits(at), chosen.Logits(at));
            }
        }

        whole.Decode([7], [Tokens.Length]);
        chosen.Decode([7], [Tokens.Length]);
        Assert.Equal(whole.Logits(0), chosen.Logits(0));
    }

    [Fact]
    public void Prompts_that_are_computed_together_have_the_logits_that_each_looks_at()
    {
        string folder = EngineModels.Written(_root);
        using DecoderRuntime whole = Open(folder, GraphChanges.Operators);
        using DecoderRuntime chosen = Open(folder, GraphChanges.All);
        WholePrompt[] prompts = [new(Tokens, 3), new(Tokens.AsMemory(0, 2), 1), new(Tokens.AsMemory(1), 4)];
        whole.PrefillTogether(1, prompts);
        chosen.PrefillTogether(1, prompts);
        for (int i = 0; i < prompts.Length; i++)
        {
            whole.LookAt(i);
            chosen.LookAt(i);
            for (int at = prompts[i].LooksFrom; at < prompts[i].Tokens.Length; at++)
            {
                Assert.Equal(whole.Logits(at), chosen.Logits(at));
            }
        }
    }

    [Fact]
    public async Task A_graph_whose_tail_takes_something_that_has_no_tokens_is_run_as_it_is()
    {
        string folder = EngineModels.Written(_root);
        Rewrite(folder, graph =>
        {
            // [1, 1, 1], known only when it is run: one number for all tokens.
            graph.Node.Insert(graph.Node.Count - 1, Node("Cast", ["total_sequence_length"], "length", new AttributeProto { Name = "to", I = 1, Type = AttributeProto.Types.AttributeType.Int }));
            graph.Node.Insert(graph.Node.Count - 1, Node("Reshape", ["length", "ones"], "length_3"));
            graph.Initializer.Add(new TensorProto { Name = "ones", DataType = 7, Dims = { 3 }, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>([1, 1, 1])) });
            graph.Node.Insert(graph.Node.Count - 1, Node("Mul", [graph.Node[^1].Input[0], "length_3"], "scaled"));
            graph.Node[^1].Input[0] = "scaled";
        });
        using (DecoderRuntime runtime = Open(folder, GraphChanges.All))
        {
            Assert.True(runtime.ChoosesLogits); // only running it shows that it cannot be
            Assert.False(BatchCheck.MayRunEdited(runtime, 320));
        }

        await using DecoderModel model = EngineModels.Load(folder, slots: 2);
        int[] tokens = await model.Tokens(new GenerationRequest { Prompt = Tokens, MaxTokens = 5 });
        Assert.Equal(5, tokens.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_context_that_is_too_short_for_a_trial_is_served_all_the_same(int tokens)
    {
        string folder = EngineModels.Written(_root);
        ModelManifest manifest = EngineModels.Manifest(folder, slots: 2);
        await using var model = new DecoderModel(folder, manifest with { Limits = manifest.Limits with { ContextTokens = tokens } }, new InferenceOptions());
        Assert.Equal(tokens, model.ContextTokens);
    }

    private static TokenwiseTail? Find(ModelProto model) =>
        TokenwiseTail.Find(Assert.Single(OnnxGraphReader.Read(new MemoryStream(model.ToByteArray()))), Logits);

    private static byte[]? Edited(ModelProto model)
    {
        var file = new MemoryStream(model.ToByteArray());
        var edit = new GraphEdit(file, Assert.Single(OnnxGraphReader.Read(file)));
        return TailEdit.Apply(edit, Logits) ? edit.Joined() : null;
    }

    private static NodeProto Node(string op, string[] inputs, string output, params AttributeProto[] attributes) =>
        new() { OpType = op, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static DecoderRuntime Open(string folder, GraphChanges changes)
    {
        DecoderConfig config = DecoderConfig.Read(folder);
        return new DecoderRuntime(folder, config, slots: 4, length: 64, new InferenceOptions(), changes);
    }

    private ModelProto Model(Action<GraphProto>? change = null)
    {
        string folder = EngineModels.Written(_root);
        Rewrite(folder, change ?? (static _ => { }));
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
    }

    private static void Rewrite(string folder, Action<GraphProto> change)
    {
        string file = Path.Combine(folder, "model.onnx");
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file));
        change(model.Graph);
        File.WriteAllBytes(file, model.ToByteArray());
    }

    /// <summary>Puts the large weights into a file of their own, as exporters do.</summary>
    private static void MoveWeights(string folder) => Rewrite(folder, graph =>
    {
        using FileStream data = File.Create(Path.Combine(folder, "model.onnx.data"));
        foreach (TensorProto weight in graph.Initializer.Where(weight => weight.RawData.Length > 1024))
        {
            weight.DataLocation = TensorProto.Types.DataLocation.External;
            weight.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "model.onnx.data" });
            weight.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{data.Position}" });
            weight.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{weight.RawData.Length}" });
            data.Write(weight.RawData.Span);
            weight.ClearRawData();
        }
    });
}
