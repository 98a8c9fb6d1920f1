// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {PackedRows} from "../support/PackedRows.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

/// @notice What the snapshot in .gas-snapshot measures: each test is one call on prepared state,
/// without what its transaction and its calldata cost.
contract GasTest is PaymentTest {
    IInferencePayment.ChannelConfig private fresh;
    bytes private claimOfOne;
    bytes private claimOf64;
    bytes private claimOf64With32Bad;
    bytes private packedClaimOfOne;
    bytes private packedClaimOf64;
    bytes private packedClaimOf64With32Bad;

    function setUp() public override {
        super.setUp();
        fresh = channelOf(payer, address(0), 1_000);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 100, 100));
        claimOfOne = abi.encodeCall(payment.claim, (rowsOf(row(config, PAYER_KEY, 500, 300))));
        claimOf64 = abi.encodeCall(payment.claim, (_rows(0)));
        claimOf64With32Bad = abi.encodeCall(payment.claim, (_rows(32)));
        packedClaimOfOne = _packed(rowsOf(row(config, PAYER_KEY, 500, 300)));
        packedClaimOf64 = _packed(_rows(0));
        packedClaimOf64With32Bad = _packed(_rows(32));
        vm.prank(payer);
        payment.depositBalance(address(usd), 1000);
    }

    function test_DepositIntoANewChannel() public {
        deposit(fresh, 1000);
    }

    function test_DepositIntoAKnownChannel() public {
        deposit(config, 1000);
    }

    function test_AllocateToANewChannel() public {
        vm.prank(payer);
        payment.allocate(fresh, 1000);
    }

    function test_WithdrawBalance() public {
        vm.prank(payer);
        payment.withdrawBalance(address(usd), 500);
    }

    function test_ClaimOneRow() public {
        _send(claimOfOne);
    }

    function test_Claim64Rows() public {
        _send(claimOf64);
    }

    function test_Claim64RowsOf32Bad() public {
        _send(claimOf64With32Bad);
    }

    function test_PackedClaimOneRow() public {
        _send(packedClaimOfOne);
    }

    function test_PackedClaim64Rows() public {
        _send(packedClaimOf64);
    }

    function test_PackedClaim64RowsOf32Bad() public {
        _send(packedClaimOf64With32Bad);
    }

    function test_Settle() public {
        payment.settle(receiver, address(usd));
    }

    function test_InitiateWithdraw() public {
        vm.prank(payer);
        payment.initiateWithdraw(config, 500);
    }

    function test_Refund() public {
        vm.prank(authorizer);
        payment.refund(config, 500);
    }

    /// @dev Reading the prepared call from storage is not counted.
    function _send(bytes storage prepared) private {
        vm.pauseGasMetering();
        bytes memory data = prepared;
        vm.resumeGasMetering();
        vm.prank(authorizer);
        (bool succeeded,) = address(payment).call(data);
        vm.assertTrue(succeeded, "claim");
    }

    function _packed(IInferencePayment.VoucherClaim[] memory rows) private view returns (bytes memory) {
        IInferencePayment.AuthorizerForm form = IInferencePayment.AuthorizerForm.None;
        return
            abi.encodeCall(
                payment.claimPacked, (PackedRows.batchOf(config, form), PackedRows.pack(rows, form))
            );
    }

    /// @dev 64 channels of 64 payers that were claimed from before; the first `bad` rows are signed by a
    /// stranger.
    function _rows(uint256 bad) private returns (IInferencePayment.VoucherClaim[] memory rows) {
        rows = new IInferencePayment.VoucherClaim[](64);
        for (uint256 i = 0; i < rows.length; ++i) {
            uint256 key = 0x10000 + i;
            IInferencePayment.ChannelConfig memory channel = channelOf(vm.addr(key), address(0), 0);
            if (escrowOf(payment.getChannelId(channel)) == 0) {
                fund(channel.payer, 1000);
                deposit(channel, 1000);
                claim(row(channel, key, 100, 100));
            }
            rows[i] = row(channel, i < bad ? STRANGER_KEY : key, 500, 300);
        }
    }
}
