using Google.Protobuf;
using Ncn.Inference.Batching;
using Ncn.Inference.Generation;
using Ncn.Inference.Operators;
using Ncn.Inference.Repository.Inspection;
using Ncn.Inference.Tests.Batching;
using Ncn.Tests.Models;
using Ncn.Tests.Models.Onnx;

namespace Ncn.Inference.Tests.Operators;

/// <summary>Where a decoder's graph gets our operators, and where it must not.</summary>
public sealed class OperatorEditTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-operators-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public void The_trial_of_our_operators_beside_those_of_onnx_runtime_passes() => Assert.True(OperatorTrial.Passes());

    [Fact]
    public void Every_attention_and_every_gate_is_ours()
    {
        ModelProto before = Model();
        GraphProto after = Edited(before)!.Graph;
        Assert.Equal(2, after.Node.Count(node => node.Domain == OwnOperators.Domain && node.OpType == OwnOperators.Attention));
        Assert.Equal(2, after.Node.Count(node => node.Domain == OwnOperators.Domain && node.OpType == OwnOperators.Gate));
        Assert.DoesNotContain(after.Node, node => node.OpType is "Sigmoid" or "Split" || (node.OpType == OwnOperators.Attention && node.Domain == OnnxGraph.Contrib));
        Assert.Equal(before.Graph.Node.Count - 6, after.Node.Count);
        Assert.Equal(before.Graph.Initializer, after.Initializer);
    }

    [Fact]
    public void A_gate_whose_halves_are_products_of_their_own_is_ours_too()
    {
        GraphProto after = Edited(Model(graph =>
        {
            NodeProto split = graph.Node.First(node => node.OpType == "Split");
            int at = graph.Node.IndexOf(split);
            graph.Node.RemoveAt(at);
            graph.Node.Insert(at, Node("Neg", [split.Input[0]], split.Output[1]));
            graph.Node.Insert(at, Node("Abs", [split.Input[0]], split.Output[0]));
        }))!.Graph;
        NodeProto gate = after.Node.First(node => node.OpType == OwnOperators.Gate);
        Assert.Equal(["layers.0.gate", "layers.0.up"], gate.Input);
        Assert.Equal("layers.0.gated", Assert.Single(gate.Output));
    }

    [Theory]
    [InlineData("rotary_interleaved", 1)]
    [InlineData("local_window_size", 128)]
    [InlineData("smooth_softmax", 1)]
    [InlineData("unheard_of", 0)]
    public void An_attention_that_is_told_more_than_ours_can_do_stays(string attribute, long value) =>
        Assert.Equal(1, Attentions(graph => First(graph).Attribute.Add(NodeOption.Of(attribute, value))));

    [Fact]
    public void What_says_nothing_more_does_not_keep_an_attention() =>
        Assert.Equal(2, Attentions(graph => First(graph).Attribute.Add([NodeOption.Of("local_window_size", -1), NodeOption.Of("softcap", 0f), NodeOption.Of("smooth_softmax", 0)])));

    [Fact]
    public void A_cap_on_scores_keeps_an_attention() => Assert.Equal(1, Attentions(graph => First(graph).Attribute.Add(NodeOption.Of("softcap", 30f))));

    [Fact]
    public void Another_input_keeps_an_attention() => Assert.Equal(1, Attentions(graph => First(graph).Input.Add("attention_mask")));

    [Fact]
    public void A_cache_of_half_floats_keeps_an_attention() =>
        Assert.Equal(1, Attentions(graph => graph.Input.First(input => input.Name == "past_key_values.0.key").Type.TensorType.ElemType = 10));

    [Theory]
    [InlineData("layers.0.gate")]
    [InlineData("layers.0.sigmoid")]
    [InlineData("layers.0.silu")]
    public void A_gate_stays_when_something_else_reads_what_is_within(string name)
    {
        GraphProto after = Edited(Model(graph => graph.Node.Add(Node("Neg", [name], "elsewhere"))))!.Graph;
        Assert.Equal(name == "layers.0.gate" ? 2 : 1, after.Node.Count(node => node.OpType == OwnOperators.Gate)); // the halves are there for both, with the split
        Assert.Contains(after.Node, node => node.OpType == "Split" && node.Output.Contains("layers.0.gate"));
    }

    [Fact]
    public void A_split_into_other_parts_stays()
    {
        GraphProto after = Edited(Model(graph => graph.Node.First(node => node.OpType == "Split").Input.Add("parts")))!.Graph;
        Assert.Single(after.Node, node => node.OpType == "Split");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_decoder_says_the_same_with_them(bool shipped)
    {
        string folder = shipped ? EngineModels.TinyChat : EngineModels.Written(_root);
        DecoderConfig config = DecoderConfig.Read(folder);
        using var plain = new DecoderRuntime(folder, config, slots: 3, length: 96, new InferenceOptions(), GraphChanges.Tail);
        using var edited = new DecoderRuntime(folder, config, slots: 3, length: 96, new InferenceOptions(), GraphChanges.All);
        int[] prompt = [.. Enumerable.Range(0, 50).Select(i => (i * 37) % 256)];
        foreach (DecoderRuntime runtime in (DecoderRuntime[])[plain, edited])
        {
            runtime.PrefillTogether(0, [new(prompt.AsMemory(0, 9), 8), new(prompt.AsMemory(0, 11), 10)]);
            runtime.Prefill(2, prompt, 0, 49);
        }

        Close(plain.Logits(49), edited.Logits(49));
        for (int step = 0; step < 40; step++)
        {
            int[] positions = [9 + step, 11 + step, 50 + step];
            int[] tokens = [.. positions.Select(position => (position * 91) % 256)];
            plain.Decode(tokens, positions);
            edited.Decode(tokens, positions);
            for (int row = 0; row < 3; row++)
            {
                Close(plain.Logits(row), edited.Logits(row));
            }
        }
    }

    private static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - found[i]) <= 1e-3f, $"logit {i} is {found[i]}, and {expected[i]} was expected");
        }
    }

    private int Attentions(Action<GraphProto> change) => Edited(Model(change))!.Graph.Node.Count(node => node.Domain == OwnOperators.Domain && node.OpType == OwnOperators.Attention);

    private static NodeProto First(GraphProto graph) => graph.Node.First(node => node.OpType == OwnOperators.Attention);

    private static ModelProto? Edited(ModelProto model)
    {
        var file = new MemoryStream(model.ToByteArray());
        var edit = new GraphEdit(file, Assert.Single(OnnxGraphReader.Read(file)));
        bool any = AttentionEdit.Apply(edit) | GateEdit.Apply(edit);
        return any ? ModelProto.Parser.ParseFrom(edit.Joined()) : null;
    }

    private ModelProto Model(Action<GraphProto>? change = null)
    {
        string folder = EngineModels.Written(_root);
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, "model.onnx")));
        change?.Invoke(model.Graph);
        return model;
    }

    private static NodeProto Node(string op, string[] inputs, string output) => new() { OpType = op, Input = { inputs }, Output = { output } };
}
