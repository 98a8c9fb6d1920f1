using Ncn.Benchmarks;
using Ncn.Benchmarks.Actors;
using Ncn.Benchmarks.Consensus;
using Ncn.Benchmarks.Discovery;
using Ncn.Benchmarks.Edge;
using Ncn.Benchmarks.Generation;
using Ncn.Benchmarks.Mempool;
using Ncn.Benchmarks.Reporting;
using Ncn.Benchmarks.Tensors;
using Ncn.Benchmarks.Verification;
using Ncn.Benchmarks.Vouchers;

if (args is ["pool-server", var portFile, .. var rest])
{
    return PoolServer.Run(portFile, rest.FirstOrDefault());
}

if (args is [LedgerMember.Argument, .. var member])
{
    return await LedgerMember.RunAsync(member);
}

var benchmarks = new Dictionary<string, Func<BenchmarkOptions, Task<BenchmarkReport>>>
{
    ["actor"] = ActorBenchmark.RunAsync,
    ["batching"] = BatchingBenchmark.RunAsync,
    ["cold-start"] = ColdStartBenchmark.RunAsync,
    ["consensus"] = ConsensusBenchmark.RunAsync,
    ["dht"] = DhtBenchmark.RunAsync,
    ["gateway"] = GatewayBenchmark.RunAsync,
    ["generate"] = GenerateBenchmark.RunAsync,
    ["mempool"] = MempoolBenchmark.RunAsync,
    ["paid-gateway"] = GatewayBenchmark.RunPaidAsync,
    ["stream"] = StreamBenchmark.RunAsync,
    ["tensor"] = TensorBenchmark.RunAsync,
    ["verification"] = VerificationBenchmark.RunAsync,
    ["voucher"] = VoucherBenchmark.RunAsync,
};

return await BenchmarkProgram.RunAsync(args, benchmarks);
