using Ncn.Benchmarks;
using Ncn.Benchmarks.Actors;
using Ncn.Benchmarks.Discovery;
using Ncn.Benchmarks.Edge;
using Ncn.Benchmarks.Generation;
using Ncn.Benchmarks.Reporting;
using Ncn.Benchmarks.Tensors;
using Ncn.Benchmarks.Vouchers;

var benchmarks = new Dictionary<string, Func<BenchmarkOptions, Task<BenchmarkReport>>>
{
    ["actor"] = ActorBenchmark.RunAsync,
    ["batching"] = BatchingBenchmark.RunAsync,
    ["cold-start"] = ColdStartBenchmark.RunAsync,
    ["dht"] = DhtBenchmark.RunAsync,
    ["gateway"] = GatewayBenchmark.RunAsync,
    ["generate"] = GenerateBenchmark.RunAsync,
    ["paid-gateway"] = GatewayBenchmark.RunPaidAsync,
    ["stream"] = StreamBenchmark.RunAsync,
    ["tensor"] = TensorBenchmark.RunAsync,
    ["voucher"] = VoucherBenchmark.RunAsync,
};

return await BenchmarkProgram.RunAsync(args, benchmarks);
