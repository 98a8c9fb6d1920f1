-- wrk: POSTs BENCH_BODY; with BENCH_PAYMENTS, a file of payment headers, each request takes the next line. Ends with one line of figures.
wrk.method = "POST"
wrk.body = os.getenv("BENCH_BODY")
wrk.headers["Content-Type"] = "application/json"
for name, value in string.gmatch(os.getenv("BENCH_HEADERS") or "", "([^=\n]+)=([^\n]*)") do
  wrk.headers[name] = value
end

local payments = os.getenv("BENCH_PAYMENTS")
local file

function init()
  if payments then
    file = io.open(payments)
    request = function()
      wrk.headers["PAYMENT-SIGNATURE"] = file:read("*l")
      return wrk.format()
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
