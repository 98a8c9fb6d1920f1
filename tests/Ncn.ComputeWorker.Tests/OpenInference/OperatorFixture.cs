using Microsoft.Extensions.DependencyInjection;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Ncn.Tests.Models;
using static Ncn.Tests.Models.Onnx.TensorProto.Types;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>A worker on a network without prices, with models written for these tests.</summary>
public sealed class OperatorFixture(NetworkFixture network) : IAsyncLifetime
{
    /// <summary>What the worker reads at most over REST.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>The protocol's datatypes and ONNX's, as the model "every" has them: what goes in as x_… comes out as y_….</summary>
    internal static readonly (TensorDatatype Datatype, DataType Onnx)[] Datatypes =
    [
        (TensorDatatype.BOOL, DataType.Bool), (TensorDatatype.UINT8, DataType.Uint8), (TensorDatatype.UINT16, DataType.Uint16),
        (TensorDatatype.UINT32, DataType.Uint32), (TensorDatatype.UINT64, DataType.Uint64), (TensorDatatype.INT8, DataType.Int8),
        (TensorDatatype.INT16, DataType.Int16), (TensorDatatype.INT32, DataType.Int32), (TensorDatatype.INT64, DataType.Int64),
        (TensorDatatype.FP16, DataType.Float16), (TensorDatatype.BF16, DataType.Bfloat16), (TensorDatatype.FP32, DataType.Float),
        (TensorDatatype.FP64, DataType.Double), (TensorDatatype.BYTES, DataType.String),
    ];

    /// <summary>Two parties that no test of this network knows otherwise.</summary>
    internal Party Party { get; private set; } = null!;

    internal Party OtherParty { get; private set; } = null!;

    internal TestGateway Gateway { get; private set; } = null!;

    internal TestWorker Worker { get; private set; } = null!;

    /// <summary>The model repository.</summary>
    internal string Repository { get; } = Directory.CreateTempSubdirectory("ncn-oip-").FullName;

    internal InferenceCalls Calls { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        WriteModels(Repository);
        (Party, OtherParty) = (await network.NewPartyAsync(0), await network.NewPartyAsync(0));
        Gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        Worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), Gateway, null,
            ("Ncn:Network:FreeOfCharge", "true"), ("Ncn:Worker:Models", Repository), ("Ncn:Worker:MaxInferBytes", $"{MaxBytes}"), ("Ncn:Worker:Slots", "16"));
        Calls = new InferenceCalls(Worker);
        await Eventually.NextAsync(Gateway.Joins);
        await Worker.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Gateway.DisposeAsync();
        Directory.Delete(Repository, recursive: true);
    }

    internal ModelOffer Offer(string name) => Worker.Services.GetRequiredService<NodeModels>().Offers.Single(offer => offer.Name == name);

    private static void WriteModels(string root)
    {
        ModelFolder.WriteTensor(root, "mlp", MlpModel.Graph([4, 8, 3]));
        ModelFolder.WriteTensor(root, "every", Every());
        ModelFolder.WriteTensor(root, "broken", Broken());
        DecoderFolder.Write(root, DecoderShape.Tiny, "words");
        EmbeddingFolder.Write(root, new EmbeddingShape(), "vectors");
    }

    private static OnnxGraph Every()
    {
        var graph = new OnnxGraph("every");
        foreach ((TensorDatatype datatype, DataType onnx) in Datatypes)
        {
            graph.Input($"x_{datatype}", onnx, $"rows_{datatype}");
            graph.Add("Identity", [$"x_{datatype}"], $"y_{datatype}");
            graph.Output($"y_{datatype}", onnx, $"rows_{datatype}");
        }

        return graph;
    }

    /// <summary>Loads, and fails whatever it is given: its own fault, not the caller's.</summary>
    private static OnnxGraph Broken()
    {
        var graph = new OnnxGraph("broken");
        graph.Input("x", DataType.Float, "batch", 2);
        graph.Weight("shape", [7L, 11L], 2);
        graph.Add("Reshape", ["x", "shape"], "y");
        graph.Output("y", DataType.Float, 7, 11);
        return graph;
    }
}
