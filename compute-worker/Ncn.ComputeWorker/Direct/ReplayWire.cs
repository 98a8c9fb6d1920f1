using Ncn.Inference.Generation;
using Ncn.Protocol.Grpc;
using TokenDoubt = Ncn.Protocol.Grpc.TokenDoubt;

namespace Ncn.ComputeWorker.Direct;

/// <summary>What a re-run found, as it travels.</summary>
internal static class ReplayWire
{
    /// <param name="report">Over the whole completion.</param>
    /// <param name="committed">Tokens that were there before the attempt; positions on the wire begin after them.</param>
    public static Replay Of(ReplayReport report, int committed)
    {
        var wire = new Replay
        {
            Taken = (uint)Math.Max(0, report.Tokens - committed),
            Rest = report.Rest,
            FinishReason = report.Finish switch { FinishReason.Stop => "stop", FinishReason.Length => "length", _ => "" },
            StopMargin = (uint)report.StopSteps,
        };
        wire.Doubts.AddRange(report.Doubts.Select(doubt =>
            new TokenDoubt { Position = (uint)(doubt.Position - committed), Drawn = doubt.Drawn, Margin = (uint)doubt.Steps }));
        wire.Pieces.AddRange(report.Pieces);
        return wire;
    }
}
