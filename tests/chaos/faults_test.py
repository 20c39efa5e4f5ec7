"""Each planted fault still fits the sources: prove.sh, which takes minutes, is not in CI."""
import glob
import os
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class FaultsTest(unittest.TestCase):
    def test_each_fits_and_says_what_finds_it(self):
        faults = glob.glob(os.path.join(HERE, 'faults', '*.patch'))
        self.assertTrue(faults)
        for fault in faults:
            with self.subTest(os.path.basename(fault)), open(fault) as file:
                self.assertRegex(file.read(), r'(?m)^Found by: \w+')
                done = subprocess.run(['git', 'apply', '--check', fault], cwd=os.path.dirname(os.path.dirname(HERE)), text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == '__main__':
    unittest.main()
