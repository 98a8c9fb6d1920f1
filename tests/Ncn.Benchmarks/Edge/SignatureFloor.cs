using System.Diagnostics;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Edge;

/// <summary>What no gateway can leave out that gives a signed job to a node and takes its signed receipt: one signature made, one checked.</summary>
internal static class SignatureFloor
{
    private const int Answers = 2_000;

    /// <summary>Time for one answer, microseconds; single-threaded, so also its CPU time.</summary>
    public static double Measure()
    {
        using var gateway = new Signer(Keccak256.Hash("the gateway"u8));
        using var node = new Signer(Keccak256.Hash("the node"u8));
        Hash32 digest = Keccak256.Of("an answer"u8);
        Signature receipt = node.SignDigest(digest);
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        for (int i = 0; i < Answers; i++)
        {
            _ = gateway.SignDigest(digest);
            if (!receipt.TryRecover(digest, out Address signer) || signer != node.Address)
            {
                throw new BenchmarkFailedException("a good signature was refused");
            }
        }

        return (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMicroseconds / Answers;
    }
}
