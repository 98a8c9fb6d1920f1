using System.Globalization;

namespace Ncn.Benchmarks.Generation.Peers;

/// <summary>Settings that ONNX Runtime GenAI lays over a model's own configuration.</summary>
internal static class GenAiOverlay
{
    /// <summary>Threads within one operator; 0 leaves the choice to ONNX Runtime.</summary>
    public static string Threads(int threads) => threads == 0 ? "{}" : "{\"model\":{\"decoder\":{\"session_options\":{\"intra_op_num_threads\":" + threads.ToString(CultureInfo.InvariantCulture) + "}}}}";
}
