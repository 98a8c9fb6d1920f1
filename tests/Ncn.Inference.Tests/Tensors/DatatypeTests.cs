using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.Inference.Tests.Tensors;

/// <summary>Every datatype and every odd shape goes through unharmed, or is refused in words.</summary>
public sealed class DatatypeTests
{
    public static TheoryData<TensorDatatype> Datatypes => [.. Enum.GetValues<TensorDatatype>()];

    [Theory]
    [MemberData(nameof(Datatypes))]
    public async Task Every_datatype_comes_back_bit_by_bit_alone_and_merged(TensorDatatype datatype)
    {
        await using var model = new GraphModel(DatatypeModels.Identity(Onnx(datatype)));
        TensorValue one = Sample(datatype, rows: 1, seed: 1), two = Sample(datatype, rows: 2, seed: 2);
        Assert.Equal(one.Data.ToArray(), (await model.RunAsync(one))[0].Data.ToArray());

        Task<TensorAnswer>[] answers = await model.MergeAsync([one], () => model.RunAsync(one), () => model.RunAsync(two), () => model.RunAsync(one));
        answers = await model.MergeAsync([one], () => model.RunAsync(one), () => model.RunAsync(two), () => model.RunAsync(one)); // the first merge is proved
        TensorAnswer[] got = await Task.WhenAll(answers);
        Assert.Equal([one.Data.ToArray(), two.Data.ToArray(), one.Data.ToArray()], got.Select(answer => answer[0].Data.ToArray()));
        Assert.Equal(datatype, got[1][0].Datatype);
        Assert.Equal([2L, 3L], got[1][0].Shape);
        Assert.True(model.Engine.MergesRequests);
    }

    [Fact]
    public async Task Texts_of_any_length_come_back()
    {
        await using var model = new GraphModel(DatatypeModels.Identity(DataType.String));
        byte[][] texts = [[], "a\0b"u8.ToArray(), "żółw 🐢"u8.ToArray(), new byte[100_000]];
        var input = new TensorValue("x", TensorDatatype.BYTES, [2, 2], TensorValue.FromByteElements(texts));
        using TensorAnswer answer = await model.RunAsync(input);
        Assert.Equal(texts, answer[0].ByteElements()!.Select(element => element.ToArray()));
    }

    [Fact]
    public async Task Scalars_and_fixed_shapes_go_through()
    {
        await using var scalar = new GraphModel(DatatypeModels.Fixed());
        using TensorAnswer number = await scalar.RunAsync(GraphModel.Floats("x", [], 3));
        Assert.Empty(number[0].Shape);
        Assert.Equal(-3, BitConverter.ToSingle(number[0].Data.Span));

        await using var pair = new GraphModel(DatatypeModels.Fixed(1, 2));
        Assert.Equal(new float[] { -1, -2 }, await GraphModel.FloatsAsync(pair.RunAsync(GraphModel.Floats("x", [1, 2], 1, 2))));
        await Assert.ThrowsAsync<InferenceException>(() => pair.RunAsync(GraphModel.Floats("x", [2, 2], 1, 2, 3, 4)));
    }

    [Fact]
    public async Task A_fixed_dimension_of_size_zero_goes_through_and_a_chosen_one_is_refused()
    {
        await using var empty = new GraphModel(DatatypeModels.Fixed(0, 2));
        using TensorAnswer nothing = await empty.RunAsync(GraphModel.Floats("x", [0, 2]));
        Assert.Equal([0L, 2L], nothing[0].Shape);
        Assert.True(nothing[0].Data.IsEmpty);

        await using var open = new GraphModel(DatatypeModels.Identity(DataType.Float));
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => open.RunAsync(GraphModel.Floats("x", [0, 2])));
        Assert.Contains("any size from 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outputs_whose_size_depends_on_the_values_come_as_they_are()
    {
        await using var model = new GraphModel(OddModels.NonZero());
        for (int round = 0; round < 3; round++)
        {
            using TensorAnswer some = await model.RunAsync(GraphModel.Floats("x", [2, 2], 0, 5, 6, 0));
            Assert.Equal([2L, 2L], some[0].Shape);
            Assert.Empty(some[1].Shape);
            Assert.Equal(2, BitConverter.ToInt64(some[1].Data.Span));

            using TensorAnswer none = await model.RunAsync(GraphModel.Floats("x", [2, 2], 0, 0, 0, 0));
            Assert.Equal([2L, 0L], none[0].Shape);
            Assert.True(none[0].Data.IsEmpty);
        }
    }

    [Fact]
    public async Task A_model_that_misnames_its_dimensions_still_answers_right()
    {
        await using var model = new GraphModel(OddModels.Mislabelled());
        for (int round = 0; round < 2; round++)
        {
            using TensorAnswer answer = await model.RunAsync(GraphModel.Floats("x", [2, 3], 1, 2, 3, 4, 5, 6));
            Assert.Equal([3L, 2L], answer[0].Shape);
            Assert.Equal([1, 4, 2, 5, 3, 6], GraphModel.Floats(answer[0]));
        }
    }

    [Theory]
    [InlineData((1L << 20) / 4, null)]
    [InlineData(((1L << 20) / 4) + 1, "1048580 bytes, and this node returns at most 1048576")]
    [InlineData(1L << 50, "failed")]
    [InlineData(-1, "failed")]
    public async Task An_output_is_as_large_as_allowed_and_no_larger(long size, string? refusal)
    {
        await using var model = new GraphModel(OddModels.Inflated(), options: new InferenceOptions { Slots = 1, MaxOutputMegabytes = 1 });
        Task<TensorAnswer> run = model.RunAsync(GraphModel.Longs("size", [1], size));
        if (refusal is null)
        {
            Assert.Equal(size * 4, (await run)[0].Data.Length);
        }
        else
        {
            Assert.Contains(refusal, (await Assert.ThrowsAsync<InferenceException>(() => run)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(4, (await model.RunAsync(GraphModel.Longs("size", [1], 1)))[0].Data.Length);
    }

    [Fact]
    public async Task A_large_output_is_refused_before_the_model_runs_where_its_size_is_known()
    {
        await using var model = new GraphModel(DatatypeModels.Identity(DataType.Float), options: new InferenceOptions { Slots = 1, MaxOutputMegabytes = 1 });
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => model.RunAsync(GraphModel.Floats("x", [1, 262_145], new float[262_145])));
        Assert.Equal(InferenceFault.InvalidRequest, refusal.Fault);
        Assert.Contains("'y'", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Other tests allocate at the same time, but not during every one of a hundred requests.</summary>
    [Fact]
    public async Task Once_warm_a_request_allocates_no_memory_for_its_tensors()
    {
        await using var model = new GraphModel(DatatypeModels.Identity(DataType.Float));
        TensorValue[] input = [GraphModel.Floats("x", [1, 1 << 18], new float[1 << 18])];
        var allocated = new List<long>();
        for (int i = 0; i < 100; i++)
        {
            long before = GC.GetTotalAllocatedBytes();
            using TensorAnswer answer = await model.RunAsync(input);
            allocated.Add(GC.GetTotalAllocatedBytes() - before);
        }

        Assert.InRange(allocated.Min(), 0, 32_768);
    }

    private static DataType Onnx(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.FP16 => DataType.Float16,
        TensorDatatype.BF16 => DataType.Bfloat16,
        TensorDatatype.FP32 => DataType.Float,
        TensorDatatype.FP64 => DataType.Double,
        TensorDatatype.BYTES => DataType.String,
        _ => Enum.Parse<DataType>(datatype.ToString(), ignoreCase: true),
    };

    private static TensorValue Sample(TensorDatatype datatype, int rows, int seed)
    {
        var random = new Random(seed);
        var data = new byte[rows * 3 * datatype.Width()];
        random.NextBytes(data);
        if (datatype == TensorDatatype.BOOL)
        {
            data = [.. data.Select(value => (byte)(value & 1))];
        }
        else if (datatype == TensorDatatype.BYTES)
        {
            data = TensorValue.FromByteElements([.. Enumerable.Range(0, rows * 3).Select(i => System.Text.Encoding.UTF8.GetBytes($"text {seed} {new string('é', i)}"))]);
        }

        return new TensorValue("x", datatype, [rows, 3], data);
    }
}
