// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {Test} from "../support/Test.sol";

/// @notice The contract's digests are those that an independent library wrote into the golden file.
contract GoldenTest is Test {
    string private json;

    function setUp() public {
        json = vm.readFile("test/golden/typed-data.json");
    }

    function test_ChannelConfig() public {
        _checkAll("ChannelConfig", 4);
    }

    function test_Voucher() public {
        _checkAll("Voucher", 6);
    }

    function test_Refund() public {
        _checkAll("Refund", 4);
    }

    function test_ClaimBatch() public {
        _checkAll("ClaimBatch", 6);
    }

    function _checkAll(string memory kind, uint256 expectedCases) private {
        uint256 checked = 0;
        bytes memory code = address(new InferencePayment(address(newRegistry()))).code;
        for (uint256 i = 0; vm.keyExistsJson(json, _element("", "cases", i)); ++i) {
            string memory path = _element("", "cases", i);
            if (!_same(vm.parseJsonString(json, string.concat(path, ".type")), kind)) continue;
            InferencePayment payment = _contractOf(string.concat(path, ".domain"), code);
            bytes32 expected = vm.parseJsonBytes32(json, string.concat(path, ".digest"));
            vm.assertEq(_digest(payment, kind, path), expected, path);
            ++checked;
        }
        vm.assertEq(checked, expectedCases, "cases");
    }

    /// @dev The contract, on the chain and at the address that the case is signed for.
    function _contractOf(string memory path, bytes memory code) private returns (InferencePayment payment) {
        vm.chainId(vm.parseJsonUint(json, string.concat(path, ".chainId")));
        address target = vm.parseJsonAddress(json, string.concat(path, ".verifyingContract"));
        vm.etch(target, code);
        payment = InferencePayment(target);
    }

    function _digest(InferencePayment payment, string memory kind, string memory path)
        private
        view
        returns (bytes32)
    {
        string memory message = string.concat(path, ".message");
        if (_same(kind, "ChannelConfig")) return payment.getChannelId(_config(message));
        if (_same(kind, "Voucher")) {
            return payment.getVoucherDigest(_id(message), _uint128(message, ".maxClaimableAmount"));
        }
        if (_same(kind, "Refund")) {
            uint256 nonce = vm.parseJsonUint(json, string.concat(message, ".nonce"));
            return payment.getRefundDigest(_id(message), nonce, _uint128(message, ".amount"));
        }
        return payment.getClaimBatchDigest(_rows(path));
    }

    function _rows(string memory path) private view returns (IInferencePayment.VoucherClaim[] memory rows) {
        uint256 count = 0;
        while (vm.keyExistsJson(json, _element(path, "channels", count))) ++count;
        rows = new IInferencePayment.VoucherClaim[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory entry = _element(string.concat(path, ".message"), "claims", i);
            rows[i].voucher.channel = _config(_element(path, "channels", i));
            rows[i].voucher.maxClaimableAmount = _uint128(entry, ".maxClaimableAmount");
            rows[i].totalClaimed = _uint128(entry, ".totalClaimed");
        }
    }

    function _config(string memory path) private view returns (IInferencePayment.ChannelConfig memory) {
        return IInferencePayment.ChannelConfig({
            payer: vm.parseJsonAddress(json, string.concat(path, ".payer")),
            payerAuthorizer: vm.parseJsonAddress(json, string.concat(path, ".payerAuthorizer")),
            receiver: vm.parseJsonAddress(json, string.concat(path, ".receiver")),
            receiverAuthorizer: vm.parseJsonAddress(json, string.concat(path, ".receiverAuthorizer")),
            token: vm.parseJsonAddress(json, string.concat(path, ".token")),
            withdrawDelay: uint40(vm.parseJsonUint(json, string.concat(path, ".withdrawDelay"))),
            salt: vm.parseJsonBytes32(json, string.concat(path, ".salt"))
        });
    }

    function _id(string memory message) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(message, ".channelId"));
    }

    function _uint128(string memory path, string memory field) private view returns (uint128) {
        return uint128(vm.parseJsonUint(json, string.concat(path, field)));
    }

    function _element(string memory parent, string memory list, uint256 index)
        private
        pure
        returns (string memory)
    {
        return string.concat(parent, ".", list, "[", vm.toString(index), "]");
    }

    function _same(string memory left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }
}
